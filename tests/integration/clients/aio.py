#!/usr/bin/python3
"""aiortc against a plugin of the server: sends audio and video with one offer, counts what comes back, then asks once more.

    aio.py WS_URL PLUGIN FIRST_BODY LAST_BODY FRAMES

Prints one JSON object: the connection's state, frames received by kind, and the plugin's answer to LAST_BODY. Waits until
FRAMES video frames came back, or, with 0, until 100 packets of video were sent.
"""
import asyncio
import json
import random
import string
import sys

import aioice.ice
import websockets
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack

# aioice leaves loopback out; here it is all there is.
aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]


class Janus:
    def __init__(self, socket):
        self.socket, self.base = socket, {}

    async def request(self, message):
        transaction = "".join(random.choices(string.ascii_letters, k=12))
        await self.socket.send(json.dumps({**self.base, **message, "transaction": transaction}))
        while True:
            reply = json.loads(await self.socket.recv())
            if reply.get("transaction") != transaction or reply["janus"] == "ack":
                continue
            if reply["janus"] == "error":
                raise RuntimeError(reply)
            return reply


async def main(url, plugin, first, last, frames):
    socket = await websockets.connect(url, subprotocols=["janus-protocol"])
    janus = Janus(socket)
    janus.base["session_id"] = (await janus.request({"janus": "create"}))["data"]["id"]
    janus.base["handle_id"] = (await janus.request({"janus": "attach", "plugin": plugin}))["data"]["id"]
    pc = RTCPeerConnection()
    got = {"audio": 0, "video": 0}

    @pc.on("track")
    def on_track(track):
        async def pump():
            while True:
                await track.recv()
                got[track.kind] += 1

        asyncio.ensure_future(pump())

    pc.addTrack(AudioStreamTrack())
    video = pc.addTrack(VideoStreamTrack())
    await pc.setLocalDescription(await pc.createOffer())
    jsep = {"type": "offer", "sdp": pc.localDescription.sdp}
    reply = await janus.request({"janus": "message", "body": first, "jsep": jsep})
    await pc.setRemoteDescription(RTCSessionDescription(reply["jsep"]["sdp"], reply["jsep"]["type"]))

    async def enough():
        while True:
            sent = [s.packetsSent for s in (await video.getStats()).values() if s.type == "outbound-rtp"]
            if (got["video"] >= frames and got["audio"] > 0) if frames else (sent and sent[0] >= 100):
                return
            await asyncio.sleep(0.05)

    try:
        await asyncio.wait_for(enough(), 40)
    except asyncio.TimeoutError:
        pass
    answer = await janus.request({"janus": "message", "body": last})
    print(json.dumps({"state": pc.connectionState, "got": got, "answer": answer["plugindata"]["data"]}))
    await pc.close()
    await socket.close()


if __name__ == "__main__":
    url, plugin, first, last, frames = sys.argv[1:]
    asyncio.run(main(url, plugin, json.loads(first), json.loads(last), int(frames)))

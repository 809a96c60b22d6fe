#!/usr/bin/python3
"""PeerConnections of aiortc, driven by one JSON object a line on standard input; each gets one in return.

    {"do":"offer","peer":"a","send":["audio","video"]}   an offer that sends (again: with these m-lines added) -> {"sdp"};
                                                         "recv": that receives; "codec": "H264" video of that codec only
    {"do":"accept","peer":"a","sdp":ANSWER}              the answer to it
    {"do":"answer","peer":"b","sdp":OFFER}               answers, receiving all -> {"sdp"}
    {"do":"count","peer":"b"}                            -> {"state", "frames": {mid: received so far}}
    {"do":"received","peer":"b"}                         -> {"received": {mid: {"packets", "lost"}}}, by sequence numbers
    {"do":"speak","peer":"a","on":true}                  what it sends as "speech" is a voice, or silence: so it begins
    {"do":"close","peer":"b"}

The first command of a peer may have "ice": [{"urls": .., "username": .., "credential": ..}]. The caller does the signalling.
"""
import array
import asyncio
import json
import math
import os
import sys

import aioice.ice
from aiortc import RTCConfiguration, RTCIceServer, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, MediaStreamError, VideoStreamTrack

# aioice leaves loopback out; here it is all there is, unless the caller says that there is a network.
if "AULA_PEER_NETWORK" not in os.environ:
    aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]



class SpeechTrack(AudioStreamTrack):
    """As loud as somebody near a microphone, while told to."""

    speaks, at = False, 0

    async def recv(self):
        frame = await super().recv()
        if self.speaks:
            tone = (int(8000 * math.sin(2 * math.pi * 220 * (self.at + i) / frame.sample_rate)) for i in range(frame.samples))
            frame.planes[0].update(array.array("h", tone).tobytes())
            self.at += frame.samples
        return frame


TRACKS = {"audio": AudioStreamTrack, "speech": SpeechTrack, "video": VideoStreamTrack}


class Peer:
    def __init__(self, command):
        servers = [RTCIceServer(**server) for server in command.get("ice", [])]
        self.pc, self.frames = RTCPeerConnection(RTCConfiguration(servers)), {}
        self.pc.on("track", self.on_track)

    def on_track(self, track):
        transceiver = next(t for t in self.pc.getTransceivers() if t.receiver.track is track)

        async def pump():
            try:
                while True:
                    await track.recv()
                    self.frames[transceiver.mid] = self.frames.get(transceiver.mid, 0) + 1
            except MediaStreamError:
                pass

        asyncio.ensure_future(pump())

    def add(self, what, direction, command):
        transceiver = self.pc.addTransceiver(what, direction=direction)
        if transceiver.kind == "video" and "codec" in command:
            wanted = "video/" + command["codec"]
            known = RTCRtpSender.getCapabilities("video").codecs
            transceiver.setCodecPreferences([c for c in known if c.mimeType == wanted])

    async def offer(self, command):
        for kind in command.get("send", []):
            self.add(TRACKS[kind](), command.get("direction", "sendonly"), command)
        for kind in command.get("recv", []):
            self.add(kind, "recvonly", command)
        await self.pc.setLocalDescription(await self.pc.createOffer())
        return {"sdp": self.pc.localDescription.sdp}

    async def accept(self, command):
        await self.pc.setRemoteDescription(RTCSessionDescription(command["sdp"], "answer"))
        return {}

    async def answer(self, command):
        await self.pc.setRemoteDescription(RTCSessionDescription(command["sdp"], "offer"))
        await self.pc.setLocalDescription(await self.pc.createAnswer())
        return {"sdp": self.pc.localDescription.sdp}

    async def count(self, command):
        return {"state": self.pc.connectionState, "frames": self.frames}

    async def received(self, command):
        found = {}
        for transceiver in self.pc.getTransceivers():
            for one in (await transceiver.receiver.getStats()).values():
                if one.type == "inbound-rtp":
                    found[transceiver.mid] = {"packets": one.packetsReceived, "lost": one.packetsLost}
        return {"received": found}

    async def speak(self, command):
        for sender in self.pc.getSenders():
            if isinstance(sender.track, SpeechTrack):
                sender.track.speaks = command["on"]
        return {}

    async def close(self, command):
        await self.pc.close()
        return {}


async def main():
    peers = {}
    lines = asyncio.StreamReader(limit=1 << 20)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        command = json.loads(line)
        try:
            if command["peer"] not in peers:
                peers[command["peer"]] = Peer(command)
            peer = peers[command["peer"]]
            reply = await getattr(peer, command["do"])(command)
        except Exception as error:  # the caller is to see it
            reply = {"error": repr(error)}
        print(json.dumps(reply), flush=True)


asyncio.run(main())

#!/usr/bin/python3
"""PeerConnections of GStreamer (webrtcbin, with libnice, its own DTLS and SRTP), driven as those of peer.py are:

    {"do":"offer","peer":"a","send":["audio","video"]}   an offer that sends; "codec": "H264" instead of VP8;
                                                         "recv": that receives
    {"do":"accept","peer":"a","sdp":ANSWER}              the answer to it
    {"do":"count","peer":"b"}                            -> {"state", "frames": {mid: decoded so far}, "width": {mid: of the last}}
    {"do":"close","peer":"b"}
"""
import json
import sys
import threading

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import Gst, GstSdp, GstWebRTC  # noqa: E402

Gst.init(None)

WAIT_S = 20
CAPS = {
    "OPUS": "application/x-rtp,media=audio,encoding-name=OPUS,payload=111,clock-rate=48000,encoding-params=(string)2",
    "VP8": "application/x-rtp,media=video,encoding-name=VP8,payload=96,clock-rate=90000",
    "H264": "application/x-rtp,media=video,encoding-name=H264,payload=96,clock-rate=90000,packetization-mode=(string)1",
}
SOURCES = {
    "OPUS": "audiotestsrc is-live=true wave=sine freq=440 volume=0.3 ! opusenc ! rtpopuspay pt=111",
    "VP8": "videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=15/1 ! "
    "vp8enc deadline=1 keyframe-max-dist=60 target-bitrate=300000 ! rtpvp8pay pt=96 picture-id-mode=15-bit",
    "H264": "videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=15/1,format=I420 ! "
    "openh264enc gop-size=30 ! h264parse config-interval=-1 ! rtph264pay pt=96 aggregate-mode=zero-latency",
}
SINKS = {
    "OPUS": "rtpopusdepay ! opusdec",
    "VP8": "rtpvp8depay ! vp8dec",
    "H264": "rtph264depay ! h264parse ! avdec_h264",
}


class Peer:
    def __init__(self, _command):
        self.pipe = Gst.Pipeline.new(None)
        self.bin = Gst.ElementFactory.make("webrtcbin", None)
        self.bin.set_property("bundle-policy", GstWebRTC.WebRTCBundlePolicy.MAX_BUNDLE)
        self.pipe.add(self.bin)
        # libnice leaves loopback out; here it is all there is. Kept, for the bindings take the only reference.
        self.agent = self.bin.get_property("ice-agent")
        self.agent.emit("add-local-ip-address", "127.0.0.1")
        self.bin.connect("pad-added", self.on_pad)
        self.frames, self.width = {}, {}

    # Decodes what comes on a pad, and counts it.
    def on_pad(self, _bin, pad):
        if pad.direction != Gst.PadDirection.SRC:
            return
        caps = pad.get_current_caps().get_structure(0)
        mid = pad.get_property("transceiver").get_property("mid")
        sink = Gst.parse_bin_from_description(
            f"queue ! {SINKS[caps.get_string('encoding-name').upper()]} ! fakesink name=end sync=false", True)

        def decoded(end, _info):
            self.frames[mid] = self.frames.get(mid, 0) + 1
            shape = end.get_current_caps().get_structure(0)
            if shape.has_field("width"):
                self.width[mid] = shape.get_int("width").value
            return Gst.PadProbeReturn.OK

        sink.get_by_name("end").get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, decoded)
        self.pipe.add(sink)
        sink.sync_state_with_parent()
        pad.link(sink.get_static_pad("sink"))

    def ask(self, what, *args):
        promise = Gst.Promise.new()
        self.bin.emit(what, *args, promise)
        if promise.wait() != Gst.PromiseResult.REPLIED:
            raise RuntimeError(f"{what} was not answered")
        reply = promise.get_reply()
        if reply is not None and reply.has_field("error"):
            raise RuntimeError(f"{what}: {reply.to_string()}")
        return promise, reply  # the reply lives as long as the promise does

    def offer(self, command):
        video = command.get("codec", "VP8")
        for kind in command.get("send", []):
            codec = video if kind == "video" else "OPUS"
            source = Gst.parse_bin_from_description(f"{SOURCES[codec]} ! capsfilter caps={CAPS[codec]} ! queue", True)
            self.pipe.add(source)
            pad = self.bin.request_pad_simple("sink_%u")
            source.get_static_pad("src").link(pad)
            one = pad.get_property("transceiver")
            one.set_property("direction", GstWebRTC.WebRTCRTPTransceiverDirection.SENDONLY)
            one.set_property("do-nack", True)
        for kind in command.get("recv", []):
            one = self.bin.emit("add-transceiver", GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY,
                                Gst.Caps.from_string(CAPS[video if kind == "video" else "OPUS"]))
            one.set_property("do-nack", True)
        self.pipe.set_state(Gst.State.PLAYING)
        promise, reply = self.ask("create-offer", None)
        offer = reply.get_value("offer")
        gathered = threading.Event()
        self.bin.connect("notify::ice-gathering-state", lambda b, _: b.get_property("ice-gathering-state")
                         == GstWebRTC.WebRTCICEGatheringState.COMPLETE and gathered.set())
        self.ask("set-local-description", offer)
        if not gathered.wait(WAIT_S):
            raise RuntimeError("candidates are still gathered")
        return {"sdp": self.bin.get_property("local-description").sdp.as_text()}

    def accept(self, command):
        _, sdp = GstSdp.SDPMessage.new_from_text(command["sdp"])
        answer = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, sdp)
        self.ask("set-remote-description", answer)
        return {}

    def count(self, _command):
        state = self.bin.get_property("connection-state").value_nick
        return {"state": state, "frames": self.frames, "width": self.width}

    def close(self, _command):
        self.pipe.set_state(Gst.State.NULL)
        return {}


def main():
    peers = {}
    for line in sys.stdin:
        command = json.loads(line)
        try:
            if command["peer"] not in peers:
                peers[command["peer"]] = Peer(command)
            reply = getattr(peers[command["peer"]], command["do"])(command)
        except Exception as error:  # the caller is to see it
            reply = {"error": repr(error)}
        print(json.dumps(reply), flush=True)
    for peer in peers.values():
        peer.close({})


main()

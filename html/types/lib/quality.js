// SPDX-License-Identifier: Apache-2.0
/** Judges a connection by what the browser counts. */

/** @typedef {{received: number, lost: number, sent: number, lostThere: number, rttMs: number, freezes: number}} Sample */

const POOR_LOSS = 0.05;
const POOR_RTT_MS = 600;

/**
 * Adds up what matters of a report.
 * @param {Iterable<any>} reports values of RTCStatsReport objects
 * @returns {Sample}
 */
export function sum(reports) {
  const total = { received: 0, lost: 0, sent: 0, lostThere: 0, rttMs: 0, freezes: 0 };
  for (const report of reports) {
    if (report.type === 'inbound-rtp') {
      total.received += report.packetsReceived ?? 0;
      total.lost += Math.max(0, report.packetsLost ?? 0);
      total.freezes += report.freezeCount ?? 0;
    } else if (report.type === 'outbound-rtp') {
      total.sent += report.packetsSent ?? 0;
    } else if (report.type === 'remote-inbound-rtp') {
      total.lostThere += Math.max(0, report.packetsLost ?? 0);
      total.rttMs = Math.max(total.rttMs, (report.roundTripTime ?? 0) * 1000);
    } else if (report.type === 'candidate-pair' && report.nominated) {
      total.rttMs = Math.max(total.rttMs, (report.currentRoundTripTime ?? 0) * 1000);
    }
  }
  return total;
}

/** Keeps the last samples and says `good` or `poor`; two bad ones in a row are poor, three good ones good. */
export class Judge {
  /** @type {Sample | null} */
  #last = null;
  #run = 0;
  /** @type {'good' | 'poor'} */
  verdict = 'good';

  /**
   * @param {Sample} sample
   * @param {boolean} [expected] somebody sends to us, so that silence is bad
   */
  judge(sample, expected = false) {
    const last = this.#last;
    this.#last = sample;
    if (!last || sample.received < last.received || sample.sent < last.sent) return this.verdict;
    const bad = share(sample.lost - last.lost, sample.received - last.received) > POOR_LOSS
      || share(sample.lostThere - last.lostThere, sample.sent - last.sent) > POOR_LOSS
      || (expected && sample.received === last.received) || sample.rttMs > POOR_RTT_MS || sample.freezes - last.freezes > 1;
    this.#run = bad === (this.verdict === 'poor') ? 0 : this.#run + 1;
    if (this.#run >= (bad ? 2 : 3)) {
      this.verdict = bad ? 'poor' : 'good';
      this.#run = 0;
    }
    return this.verdict;
  }
}

/** @param {number} lost @param {number} arrived */
const share = (lost, arrived) => lost > 0 && arrived + lost > 20 ? lost / (arrived + lost) : 0;

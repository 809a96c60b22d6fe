/* SPDX-License-Identifier: Apache-2.0 */
/** What a process costs, as the kernel counts it. */
#ifndef AULA_BENCH_PROCESS_H
#define AULA_BENCH_PROCESS_H

#include <stdint.h>

/** CPU time of the threads that live, in nanoseconds of the scheduler: the ticks of
 * /proc/PID/stat are too coarse for a server that wakes often and briefly. */
int64_t process_cpu_ns(int pid);
/** Resident memory. */
int64_t process_memory_bytes(int pid);
/** As many descriptors as there may be. */
void process_raise_files(void);
int64_t process_now_us(void);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "process.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

int64_t
process_cpu_ns(int pid)
{
	char name[320];
	int64_t sum = 0, one;

	snprintf(name, sizeof name, "/proc/%d/task", pid);
	DIR *tasks = opendir(name);
	for (struct dirent *task; tasks != NULL && (task = readdir(tasks)) != NULL;) {
		snprintf(name, sizeof name, "/proc/%d/task/%s/schedstat", pid, task->d_name);
		FILE *file = task->d_name[0] != '.' ? fopen(name, "r") : NULL;
		if (file == NULL)
			continue;
		if (fscanf(file, "%" SCNd64, &one) == 1)
			sum += one;
		fclose(file);
	}
	if (tasks != NULL)
		closedir(tasks);
	return sum;
}

int64_t
process_memory_bytes(int pid)
{
	char line[256];
	int64_t kilobytes = 0;

	snprintf(line, sizeof line, "/proc/%d/status", pid);
	FILE *file = fopen(line, "r");
	while (file != NULL && fgets(line, sizeof line, file) != NULL)
		if (sscanf(line, "VmRSS: %" SCNd64, &kilobytes) == 1)
			break;
	if (file != NULL)
		fclose(file);
	return kilobytes * 1024;
}

void
process_raise_files(void)
{
	struct rlimit files;

	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	if (files.rlim_max < 1 << 17) {
		const struct rlimit more = { 1 << 17, 1 << 17 }; /* for root only */
		if (setrlimit(RLIMIT_NOFILE, &more) == 0)
			return;
	}
	setrlimit(RLIMIT_NOFILE, &files);
}

int64_t
process_now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

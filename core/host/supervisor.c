/* SPDX-License-Identifier: Apache-2.0 */
#include "host/supervisor.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct aula_supervisor {
	int fd; /* -1: nobody wants to know */
	struct sockaddr_un address;
	socklen_t address_length;
	int64_t interval_us; /* between two signs of life; 0: none are wanted */
	aula_loop *control;  /* NULL before the first */
	aula_alarm alarm;
};

/* A path, or with "@" a name in the abstract namespace. */
static bool
read_address(aula_supervisor *supervisor, const char *name)
{
	size_t length = name != NULL ? strlen(name) : 0;

	if (length < 2 || length >= sizeof supervisor->address.sun_path ||
		(name[0] != '/' && name[0] != '@'))
		return false;
	supervisor->address.sun_family = AF_UNIX;
	memcpy(supervisor->address.sun_path, name, length);
	if (name[0] == '@')
		supervisor->address.sun_path[0] = '\0';
	supervisor->address_length =
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + (name[0] == '/'));
	return true;
}

/* Half of what the manager waits. It may be meant for another process, which WATCHDOG_PID names. */
static int64_t
read_interval_us(void)
{
	const char *pid = g_getenv("WATCHDOG_PID"), *text = g_getenv("WATCHDOG_USEC");
	gint64 wait_us;

	if (text == NULL || !g_ascii_string_to_signed(text, 10, 1, INT64_MAX, &wait_us, NULL) ||
		(pid != NULL && g_ascii_strtoll(pid, NULL, 10) != getpid()))
		return 0;
	return MAX(wait_us / 2, 1000);
}

static void
tell(const aula_supervisor *supervisor, const char *state)
{
	if (supervisor->fd < 0)
		return;
	/* A manager that does not listen is no reason to do anything else. */
	while (sendto(supervisor->fd, state, strlen(state), MSG_NOSIGNAL | MSG_DONTWAIT,
		       (const struct sockaddr *)&supervisor->address,
		       supervisor->address_length) < 0 &&
		errno == EINTR)
		;
}

static void
give_sign(aula_alarm *alarm)
{
	aula_supervisor *supervisor =
		(aula_supervisor *)((char *)alarm - offsetof(aula_supervisor, alarm));

	tell(supervisor, "WATCHDOG=1");
	aula_alarm_set(supervisor->control, alarm,
		aula_loop_now_us(supervisor->control) + supervisor->interval_us);
}

aula_supervisor *
aula_supervisor_new(void)
{
	aula_supervisor *supervisor = g_new0(aula_supervisor, 1);

	supervisor->fd = -1;
	supervisor->alarm.ring = give_sign;
	if (read_address(supervisor, g_getenv("NOTIFY_SOCKET")))
		supervisor->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	supervisor->interval_us = read_interval_us();
	g_unsetenv("NOTIFY_SOCKET");
	g_unsetenv("WATCHDOG_PID");
	g_unsetenv("WATCHDOG_USEC");
	return supervisor;
}

void
aula_supervisor_free(aula_supervisor *supervisor)
{
	if (supervisor == NULL)
		return;
	if (supervisor->fd >= 0)
		close(supervisor->fd);
	g_free(supervisor);
}

void
aula_supervisor_ready(aula_supervisor *supervisor, aula_loop *control)
{
	tell(supervisor, "READY=1");
	if (supervisor->fd < 0 || supervisor->interval_us == 0)
		return;
	supervisor->control = control;
	aula_alarm_set(control, &supervisor->alarm, aula_loop_now_us(control));
}

void
aula_supervisor_stopping(aula_supervisor *supervisor)
{
	tell(supervisor, "STOPPING=1");
}

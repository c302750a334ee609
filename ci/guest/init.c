// SPDX-License-Identifier: GPL-2.0
/*
 * The guest's init: runs every program in /tests and reports in nested KTAP.
 *
 * Results go to the virtio port named "ktap" if the machine has one. Otherwise they go through the kernel's log as
 * "ktap N: line": a record of the log reaches the console whole, so that nothing can be mixed into a line, and the
 * number shows when one is lost. What a program writes to stderr goes to the log as well, in order with the kernel's
 * own messages.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#define LINE_MAX_LEN	900	/* a record of the kernel's log holds about 1000 */
#define PATTERNS_MAX	256
#define PORT_WAIT_MS	5000

static int kmsg = -1, port = -1;

static void log_line(const char *prefix, const char *text)
{
	char line[LINE_MAX_LEN + 64];
	int len = snprintf(line, sizeof(line), "%s%.*s\n", prefix, LINE_MAX_LEN, text);

	/* Where even this fails the host sees an unfinished plan. */
	if (write(kmsg, line, len) != len)
		return;
}

/* One line of the results. */
static void __attribute__((format(printf, 1, 2))) out(const char *fmt, ...)
{
	static unsigned int serial;
	char text[4096], prefix[32];
	size_t len, done = 0;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text) - 1, fmt, ap);
	va_end(ap);

	if (port < 0) {
		snprintf(prefix, sizeof(prefix), "<5>ktap %u: ", serial++);
		log_line(prefix, text);
		return;
	}
	len = strlen(text);
	text[len++] = '\n';
	while (done < len) {
		ssize_t n = write(port, text + done, len - done);

		if (n < 0 && errno != EINTR)
			return;
		if (n > 0)
			done += n;
	}
}

/* Whether the machine file says that: APPEND, and CHANNEL as special.channel. */
static int told(const char *word)
{
	char line[4096] = "";
	FILE *f = fopen("/proc/cmdline", "r");

	if (f) {
		if (!fgets(line, sizeof(line), f))
			line[0] = 0;
		fclose(f);
	}
	return strstr(line, word) != NULL;
}

static void __attribute__((noreturn)) finish(void)
{
	/*
	 * Few machines can switch themselves off, most can be reset, and under
	 * -no-reboot that ends QEMU as well.
	 */
	sync();
	reboot(told("special.end=off") ? RB_POWER_OFF : RB_AUTOBOOT);
	for (;;)
		pause();
}

static void mount_at(const char *type, const char *where)
{
	mkdir(where, 0755);
	/* EBUSY: the kernel has mounted devtmpfs already. */
	if (mount(type, where, type, 0, NULL) && errno != EBUSY)
		fprintf(stderr, "init: cannot mount %s: %s\n", where, strerror(errno));
}

/* Where no firmware has done so, a PCI device without a driver does not answer at its BARs until it is enabled. */
static void enable_pci(void)
{
	char path[256];
	size_t i;
	glob_t g;

	if (glob("/sys/bus/pci/devices/*", 0, NULL, &g))
		return;
	for (i = 0; i < g.gl_pathc; i++) {
		int fd;

		snprintf(path, sizeof(path), "%s/driver", g.gl_pathv[i]);
		if (!access(path, F_OK))
			continue;
		snprintf(path, sizeof(path), "%s/enable", g.gl_pathv[i]);
		fd = open(path, O_WRONLY | O_CLOEXEC);
		/* A bridge may refuse; a test that needs the BAR will tell. */
		if (fd < 0 || write(fd, "1", 1) != 1)
			fprintf(stderr, "init: %s is not enabled\n", g.gl_pathv[i]);
		close(fd);
	}
	globfree(&g);
}

/* The port's number depends on the machine, its name does not. */
static int open_port(void)
{
	static const char dir[] = "/sys/class/virtio-ports";
	char path[512], name[16];
	struct dirent *e;
	int fd = -1;
	DIR *d = opendir(dir);

	while (d && fd < 0 && (e = readdir(d))) {
		FILE *f;

		snprintf(path, sizeof(path), "%s/%s/name", dir, e->d_name);
		f = fopen(path, "r");
		if (!f)
			continue;
		if (fgets(name, sizeof(name), f) && !strcmp(name, "ktap\n")) {
			snprintf(path, sizeof(path), "/dev/%s", e->d_name);
			fd = open(path, O_WRONLY | O_CLOEXEC);
		}
		fclose(f);
	}
	if (d)
		closedir(d);
	return fd;
}

/* Hand on each whole line in the buffer, and the rest too when it is full or the writer is gone. */
static size_t hand_on(char *buf, size_t len, int all, int to_log)
{
	char line[LINE_MAX_LEN + 1], *start = buf, *end;

	while (len) {
		end = memchr(start, '\n', len);
		if (!end && !all && len < LINE_MAX_LEN)
			break;
		if (!end || end - start > LINE_MAX_LEN)
			end = start + (len < LINE_MAX_LEN ? len : LINE_MAX_LEN);
		snprintf(line, sizeof(line), "%.*s", (int)(end - start), start);
		if (to_log)
			log_line("<5>", line);
		else
			out("    %s", line);
		len -= end - start;
		if (len && *end == '\n') {
			len--;
			end++;
		}
		start = end;
	}
	memmove(buf, start, len);
	return len;
}

/* Run one program; its wait status. */
static int run(const char *path, char *const argv[])
{
	static char buf[2][4096];
	struct pollfd fds[2];
	size_t used[2] = { 0, 0 };
	int pipes[2][2], i, open_fds = 2, status;
	pid_t pid;

	if (pipe2(pipes[0], O_CLOEXEC) || pipe2(pipes[1], O_CLOEXEC))
		return -1;
	pid = fork();
	if (!pid) {
		dup2(pipes[0][1], 1);
		dup2(pipes[1][1], 2);
		execv(path, argv);
		_exit(127);
	}
	for (i = 0; i < 2; i++) {
		close(pipes[i][1]);
		fds[i].fd = pipes[i][0];
		fds[i].events = POLLIN;
	}
	if (pid < 0)
		return -1;
	while (open_fds && poll(fds, 2, -1) >= 0) {
		for (i = 0; i < 2; i++) {
			ssize_t n;

			if (fds[i].fd < 0 || !fds[i].revents)
				continue;
			n = read(fds[i].fd, buf[i] + used[i], sizeof(buf[i]) - used[i]);
			if (n > 0)
				used[i] += n;
			used[i] = hand_on(buf[i], used[i], n <= 0, i);
			if (n <= 0) {
				close(fds[i].fd);
				fds[i].fd = -1;
				open_fds--;
			}
		}
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return status;
}

static int wanted(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

int main(void)
{
	static char *argv[PATTERNS_MAX + 2], patterns[PATTERNS_MAX][256];
	struct dirent **progs;
	struct utsname u;
	int n, i, npat = 0, waited;
	FILE *f;

	mount_at("devtmpfs", "/dev");
	mount_at("proc", "/proc");
	mount_at("sysfs", "/sys");
	mount_at("debugfs", "/sys/kernel/debug");
	mount_at("tmpfs", "/tmp");
	signal(SIGPIPE, SIG_IGN);

	kmsg = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	for (waited = 0; told("special.channel=virtio") && port < 0 && waited < PORT_WAIT_MS; waited += 20) {
		port = open_port();
		if (port < 0)
			usleep(20000);
	}

	enable_pci();

	f = fopen("/filter", "r");
	while (f && npat < PATTERNS_MAX && fgets(patterns[npat], sizeof(patterns[0]), f)) {
		patterns[npat][strcspn(patterns[npat], "\n")] = 0;
		argv[npat + 1] = patterns[npat];
		npat++;
	}
	if (f)
		fclose(f);

	uname(&u);
	out("KTAP version 1");
	out("# fact release=%s", u.release);
	out("# fact arch=%s", u.machine);
	out("# fact page_size=%ld", sysconf(_SC_PAGESIZE));
	out("# fact nr_cpus=%ld", sysconf(_SC_NPROCESSORS_ONLN));

	n = scandir("/tests", &progs, wanted, alphasort);
	if (n < 0)
		n = 0;
	out("1..%d", n);
	for (i = 0; i < n; i++) {
		char path[300];
		int status;

		snprintf(path, sizeof(path), "/tests/%s", progs[i]->d_name);
		argv[0] = path;
		log_line("<5>init: ", path);
		status = run(path, argv);
		if (status == -1)
			out("# could not be run: %s", strerror(errno));
		else if (WIFSIGNALED(status))
			out("# killed by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
		else if (WEXITSTATUS(status))
			out("# exit status %d", WEXITSTATUS(status));
		out("%sok %d %s", status ? "not " : "", i + 1, progs[i]->d_name);
	}
	finish();
}

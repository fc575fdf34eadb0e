// Shows a program another time of day: SKEW_SECONDS, which may be negative, is added to what the kernel says.
//
// Only the call by which Rust reads the time of day is answered. libfaketime also answers timespec_get, from which
// librdkafka takes the deadlines of its waits; glibc compares those with the true clock, so that a client whose clock is
// five minutes ahead waits for five minutes.

#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long skew_seconds;

__attribute__((constructor)) static void read_skew(void) {
    const char *text = getenv("SKEW_SECONDS");
    skew_seconds = text ? atol(text) : 0;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    int result = (int)syscall(SYS_clock_gettime, clock, now);
    if (result == 0 && clock == CLOCK_REALTIME) {
        now->tv_sec += skew_seconds;
    }
    return result;
}

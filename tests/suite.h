/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the Check programs share.
 */
#ifndef TESTS_SUITE_H
#define TESTS_SUITE_H

#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

/*
 * Of n steps drawn by lot, or elements, in one thread those that this build has
 * time for: there the thread sanitizer has nothing to find, others are slow.
 */
#ifdef __SANITIZE_THREAD__
#define ROUNDS(n)	((n) / 20)
#elif defined(RESPD_SANITIZE)
#define ROUNDS(n)	((n) / 5)
#else
#define ROUNDS(n)	(n)
#endif

/* Of calls that are to fail, each how manyth does. */
#ifdef __SANITIZE_THREAD__
#define STRIDE		4
#else
#define STRIDE		1
#endif

/* For hot loops: Check takes note of every assertion that it meets. */
#define SURE(expression) do {						\
	if (!(expression))						\
		ck_abort_msg("%s", #expression);			\
} while (0)

/* The next of the numbers below it that the state stands for. */
static inline uint64_t
draw(uint64_t *state, uint64_t below)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return ((*state >> 33) % below);
}

static inline uint64_t
draw64(uint64_t *state)
{
	uint64_t high = draw(state, UINT64_C(1) << 31);

	return (high << 33 ^ draw(state, UINT64_C(1) << 31) << 16 ^
	    draw(state, UINT64_C(1) << 31));
}

enum { SUITE_PATH = 64 };

/* A folder for a test: where files cost no disk anything, if it can be. */
static inline void
suite_make_folder(char path[SUITE_PATH])
{
	snprintf(path, SUITE_PATH, "%s/respd-check.XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(path));
}

/* With all that is in it. */
static inline void
suite_remove_folder(const char *path)
{
	char command[SUITE_PATH + 16];

	snprintf(command, sizeof(command), "rm -rf '%s'", path);
	if (*path != '\0' && system(command) != 0)
		ck_abort_msg("%s", command);
}

/* What was written to stderr by the function. */
static inline void
suite_capture(void (*function)(void), char *out, size_t size)
{
	int fds[2], old = dup(STDERR_FILENO);
	ssize_t n;

	ck_assert_int_eq(pipe(fds), 0);
	dup2(fds[1], STDERR_FILENO);
	function();
	dup2(old, STDERR_FILENO);
	close(fds[1]);
	close(old);
	n = read(fds[0], out, size - 1);
	close(fds[0]);
	ck_assert_int_ge(n, 0);
	out[n] = '\0';
}

/* Run all tests of the suite, which this takes; the program's exit status. */
static inline int
suite_run(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return (failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

#endif

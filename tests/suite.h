/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the Check programs share.
 */
#ifndef TESTS_SUITE_H
#define TESTS_SUITE_H

#include <check.h>
#include <stdlib.h>

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

/* For hot loops: Check takes note of every assertion that it meets. */
#define SURE(expression) do {						\
	if (!(expression))						\
		ck_abort_msg("%s", #expression);			\
} while (0)

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

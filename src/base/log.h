/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One event, one line, on stderr: under systemd with a priority prefix, else
 * with the time.  Control bytes in the text are shown as '?', so a peer cannot
 * forge lines.  Nothing is logged per request above debug.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

/* The values are those of syslog(3). */
enum log_level {
	LOG_LEVEL_ERROR		= 3,
	LOG_LEVEL_WARNING	= 4,
	LOG_LEVEL_NOTICE	= 5,
	LOG_LEVEL_INFO		= 6,
	LOG_LEVEL_DEBUG		= 7,
};

/* Show what is at least as urgent as level; any thread, any time. */
void	log_set_level(enum log_level level);
/* Whether a line of that level would be shown. */
bool	log_shows(enum log_level level);

void	log_line(enum log_level level, const char *format, ...)
	    __attribute__((format(printf, 2, 3)));
/* Log as an error and abort: an impossibility, or no memory. */
void	log_fatal(const char *format, ...)
	    __attribute__((format(printf, 1, 2), noreturn));

#define log_error(...)		log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...)	log_line(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_notice(...)		log_line(LOG_LEVEL_NOTICE, __VA_ARGS__)
#define log_info(...)		log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)		log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif

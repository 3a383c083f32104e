/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bodies of those subcommands of CLIENT, whose rows are in cmd_client.c,
 * that are about caches in clients.
 */
#ifndef COMMANDS_TRACKING_H
#define COMMANDS_TRACKING_H

struct call;

void	tracking_run(struct call *);		/* CLIENT TRACKING */
void	tracking_run_caching(struct call *);
void	tracking_run_getredir(struct call *);
void	tracking_run_info(struct call *);	/* CLIENT TRACKINGINFO */

#endif

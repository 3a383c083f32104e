/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bodies of CLIENT's subcommands that stand in files of their own.
 */
#ifndef COMMANDS_CMD_CLIENT_H
#define COMMANDS_CMD_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

struct call;
struct command_range;
struct value;

/* cmd_client_pause.c: who waits, or has to. */
void	cmd_client_pause(struct call *);
void	cmd_client_unpause(struct call *);
void	cmd_client_unblock(struct call *);
/* For more_keys: nobody may serve a client meanwhile. */
bool	cmd_client_unblock_keys(const struct value *args, size_t argc,
	    struct command_range *);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef COMMANDS_REGISTRY_H
#define COMMANDS_REGISTRY_H

#include "engine/command.h"

/* The rows of each family, each list ending with one without a name. */
extern struct command cmd_string_rows[];
extern struct command cmd_key_rows[];
extern struct command cmd_connection_rows[];
extern struct command cmd_client_rows[];
extern struct command cmd_server_rows[];
extern struct command cmd_config_rows[];
extern struct command cmd_command_rows[];
extern struct command cmd_info_rows[];

/* A table of all commands there are. */
struct command_table	*registry_new(void);

#endif

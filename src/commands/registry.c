/* SPDX-License-Identifier: BSD-2-Clause */
#include "commands/registry.h"

struct command_table *
registry_new(void)
{
	static struct command *const families[] = {
		cmd_string_rows,
		cmd_key_rows,
		cmd_connection_rows,
		cmd_client_rows,
		cmd_server_rows,
		cmd_config_rows,
		cmd_command_rows,
		cmd_info_rows,
	};
	struct command_table *table = command_table_new();
	size_t i;

	for (i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		command_table_add(table, families[i]);
	return (table);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "commands/registry.h"

struct command_table *
registry_new(void)
{
	static struct command *const families[] = {
		cmd_string_rows,
		cmd_string_set_rows,
		cmd_substring_rows,
		cmd_number_rows,
		cmd_lcs_rows,
		cmd_key_rows,
		cmd_connection_rows,
		cmd_client_rows,
		cmd_acl_rows,
		cmd_server_rows,
		cmd_config_rows,
		cmd_cluster_rows,
		cmd_command_rows,
		cmd_info_rows,
		cmd_bit_rows,
		cmd_bitfield_rows,
		cmd_hyperloglog_rows,
		cmd_list_rows,
		cmd_list_move_rows,
		cmd_hash_rows,
		cmd_set_rows,
		cmd_set_algebra_rows,
		cmd_zset_rows,
		cmd_zset_pop_rows,
		cmd_zset_range_rows,
		cmd_zset_store_rows,
		cmd_geo_rows,
		cmd_geo_search_rows,
		cmd_expire_rows,
		cmd_scan_rows,
		cmd_sort_rows,
		cmd_dump_rows,
		cmd_object_rows,
		cmd_pubsub_rows,
		cmd_schedule_rows,
		cmd_persist_rows,
		cmd_slowlog_rows,
		cmd_latency_rows,
		cmd_memory_rows,
		cmd_transaction_rows,
	};
	struct command_table *table = command_table_new();
	size_t i;

	for (i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		command_table_add(table, families[i]);
	return (table);
}

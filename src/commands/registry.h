/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef COMMANDS_REGISTRY_H
#define COMMANDS_REGISTRY_H

#include "engine/command.h"

/* The rows of each family, each list ending with one without a name. */
extern struct command cmd_acl_rows[];
extern struct command cmd_bit_rows[];
extern struct command cmd_bitfield_rows[];
extern struct command cmd_client_rows[];
extern struct command cmd_cluster_rows[];
extern struct command cmd_command_rows[];
extern struct command cmd_config_rows[];
extern struct command cmd_connection_rows[];
extern struct command cmd_dump_rows[];
extern struct command cmd_expire_rows[];
extern struct command cmd_geo_rows[];
extern struct command cmd_geo_search_rows[];
extern struct command cmd_hash_rows[];
extern struct command cmd_hyperloglog_rows[];
extern struct command cmd_info_rows[];
extern struct command cmd_key_rows[];
extern struct command cmd_latency_rows[];
extern struct command cmd_lcs_rows[];
extern struct command cmd_list_move_rows[];
extern struct command cmd_list_rows[];
extern struct command cmd_memory_rows[];
extern struct command cmd_number_rows[];
extern struct command cmd_object_rows[];
extern struct command cmd_persist_rows[];
extern struct command cmd_pubsub_rows[];
extern struct command cmd_scan_rows[];
extern struct command cmd_schedule_rows[];
extern struct command cmd_server_rows[];
extern struct command cmd_set_algebra_rows[];
extern struct command cmd_set_rows[];
extern struct command cmd_slowlog_rows[];
extern struct command cmd_sort_rows[];
extern struct command cmd_string_rows[];
extern struct command cmd_string_set_rows[];
extern struct command cmd_substring_rows[];
extern struct command cmd_transaction_rows[];
extern struct command cmd_zset_rows[];
extern struct command cmd_zset_pop_rows[];
extern struct command cmd_zset_range_rows[];
extern struct command cmd_zset_store_rows[];

/* A table of all commands there are. */
struct command_table	*registry_new(void);

#endif

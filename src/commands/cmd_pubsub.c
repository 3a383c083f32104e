/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Channels: SUBSCRIBE, PUBLISH and their like.
 */
#include "commands/registry.h"

struct command cmd_pubsub_rows[] = {
	{ .name = NULL },
};

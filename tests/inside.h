/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What tests share that run commands in an engine of their own, and compare
 * what two of them have.
 */
#ifndef TESTS_INSIDE_H
#define TESTS_INSIDE_H

#include <check.h>
#include <stdio.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "engine/call.h"
#include "engine/engine.h"
#include "engine/session.h"
#include "store/entry.h"
#include "store/keyspace.h"
#include "value/codec.h"

enum { DATABASES = 3 };

/* A session of a peer that nobody talks to; the other end of its socket. */
static inline struct session *
open_session(struct engine *e, struct peer **peer, int *client)
{
	struct sockaddr address = { .sa_family = AF_UNIX };
	struct session *s;
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	*client = fds[1];
	*peer = peer_new(fds[0], 0, &address, sizeof(address), 0);
	ck_assert(peer_open(*peer));
	s = session_open(e, *peer, DIALECT_RESP3);
	ck_assert_ptr_nonnull(s);
	return (s);
}

/* Run a request; its reply stays in the session. */
static inline void
run(struct session *s, struct bytes request)
{
	buf_cut(&s->reply.out, 0);
	ck_assert_int_eq(request_parse(&s->request, request), REQUEST_OK);
	s->now_us = clock_wall_us();
	call_run(s);
	request_clear(&s->request);
}

/* What is not in b as it is in a. */
static inline size_t
missing_in(struct engine *a, struct engine *b, const char *side, size_t *keys)
{
	uint32_t shard, slot, at;
	size_t differ = 0;
	unsigned db;

	*keys = 0;
	for (shard = 0; shard < keyspace_shards(a->keyspace); shard++)
	for (db = 0; db < DATABASES; db++) {
		struct table *t = keyspace_table(a->keyspace, shard, db);

		for (slot = 0; t != NULL && slot < t->slots; slot++) {
			struct entry *e = table_at(t, slot), *f = NULL;
			struct buf x = { 0 }, y = { 0 };
			struct value v;
			struct table *u;
			struct bytes key;
			uint64_t hash;

			if (e == NULL)
				continue;
			++*keys;
			key = entry_key(e);
			hash = keyspace_hash(key);
			u = keyspace_table(b->keyspace,
			    keyspace_shard(b->keyspace, hash), db);
			at = u == NULL ? TABLE_NO_SLOT : table_find(u,
			    keyspace_table_hash(hash), key);
			if (at != TABLE_NO_SLOT)
				f = table_at(u, at);
			v = entry_value(e);
			codec_encode(&x, &v);
			if (f != NULL) {
				v = entry_value(f);
				codec_encode(&y, &v);
			}
			if (f == NULL || entry_deadline(e) !=
			    entry_deadline(f) ||
			    !bytes_equal(buf_bytes(&x), buf_bytes(&y))) {
				fprintf(stderr, "%s: db %u, %.*s (%s) %s\n",
				    side, db, (int)key.length, key.data,
				    value_type_name(entry_type(e)),
				    f == NULL ? "is not there" : "differs");
				differ++;
			}
			buf_free(&x);
			buf_free(&y);
		}
	}
	return (differ);
}

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A list whose links stand in its members: a ring through them and its head,
 * from which a member can go without anybody looking for it.
 */
#ifndef BASE_RING_H
#define BASE_RING_H

#include <stdbool.h>
#include <stddef.h>

struct ring {
	struct ring	*next, *previous;
};

/* The structure in which the link is the member of that name. */
#define MEMBER_OF(link, type, member)					\
	((type *)(void *)((char *)(link) - offsetof(type, member)))

/* All links from the oldest on; the ring must not change meanwhile. */
#define RING_EACH(link, head)						\
	for ((link) = (head)->next; (link) != (head); (link) = (link)->next)

/* Make a head of an empty ring. */
static inline void
ring_start(struct ring *head)
{
	head->next = head->previous = head;
}

static inline bool
ring_is_empty(const struct ring *head)
{
	return (head->next == head);
}

/* Add a link before that one; before the head: behind all others. */
static inline void
ring_add(struct ring *before, struct ring *link)
{
	link->next = before;
	link->previous = before->previous;
	link->previous->next = link;
	before->previous = link;
}

static inline void
ring_remove(struct ring *link)
{
	link->previous->next = link->next;
	link->next->previous = link->previous;
}

#endif

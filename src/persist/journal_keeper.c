/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The keeper's thread: syncs each second, tries again when the disk was full,
 * and begins a new segment when one is.
 */
#include "persist/journal_parts.h"

#include "base/clock.h"
#include "base/mem.h"

enum { TICK_MS = 1000 };

/*
 * Lead without anybody waiting, under the write lock, which is let go
 * meanwhile: to try again what did not find room, or to write a frame without
 * records, so that what is on the disk is known to be there at the next start.
 */
static void
write_by_itself(struct journal *j)
{
	if (j->leading)
		return;
	journal_lead(j);
	if (j->frame.length == 0 && !atomic_load(&j->failed))
		journal_tell(j);
	lock_release(&j->write);
	journal_commit(j);
	lock_take(&j->write);
	journal_lead_no_more(j);
}

/* Once a second, without locks. */
static void
tick(struct journal *j)
{
	lock_take(&j->sync);
	if (atomic_load(&j->mode) == JOURNAL_EVERYSEC)
		journal_sync_beside(j);
	lock_release(&j->sync);
	lock_take(&j->write);
	if (j->told < journal_durable(j) && !atomic_load(&j->stalled))
		write_by_itself(j);
	lock_release(&j->write);
}

void *
journal_keep(void *arg)
{
	struct journal *j = arg;
	int64_t next = clock_monotonic_us() + TICK_MS * 1000;
	int pause = JOURNAL_RETRY_MS, ms;
	uint64_t start;
	bool stalled, rotate;

	lock_take(&j->write);
	while (!j->stop) {
		stalled = atomic_load(&j->stalled);
		ms = (int)((next - clock_monotonic_us()) / 1000);
		ms = stalled ? pause : ms < 0 ? 0 : ms > TICK_MS ? TICK_MS : ms;
		if (ms > 0 && (stalled || !j->rotate_soon))
			lock_wait_ms(&j->write, &j->keep, ms);
		if (j->stop)
			break;
		if (stalled) {
			write_by_itself(j);
			pause = pause < 1600 ? 2 * pause : pause;
			continue;
		}
		pause = JOURNAL_RETRY_MS;
		rotate = j->rotate_soon && !atomic_load(&j->failed);
		j->rotate_soon = false;
		lock_release(&j->write);
		if (rotate)
			journal_rotate(j, &start);
		if (clock_monotonic_us() >= next) {
			next = clock_monotonic_us() + TICK_MS * 1000;
			tick(j);
		}
		lock_take(&j->write);
	}
	lock_release(&j->write);
	mem_settle();
	return (NULL);
}

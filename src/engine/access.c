/* SPDX-License-Identifier: BSD-2-Clause */
#include "engine/access.h"

#include "base/clock.h"
#include "base/random.h"
#include "base/settings.h"
#include "store/entry.h"

enum { TICK_MS = 4000, MINUTE_MS = 60 * 1000, FIRST_COUNT = 5, MOST = 255 };

bool
access_counts(void)
{
	int64_t policy = settings_number(SETTING_MAXMEMORY_POLICY);

	return (policy == MAXMEMORY_ALLKEYS_LFU ||
	    policy == MAXMEMORY_VOLATILE_LFU);
}

static uint16_t
ticks(int64_t now)
{
	return ((uint16_t)(now / TICK_MS));
}

/* Minutes in the high byte, the counter in the low one. */
static uint16_t
count_at(int counter, int64_t now)
{
	return ((uint16_t)((now / MINUTE_MS & 255) << 8 | counter));
}

/* For the journal's replay time stands at 0; what it uses is used today. */
static int64_t
time_of_use(int64_t now)
{
	return (now != 0 ? now : clock_wall_us() / 1000);
}

void
access_start(struct entry *e, int64_t now)
{
	now = time_of_use(now);
	entry_set_access(e, access_counts() ? count_at(FIRST_COUNT, now) :
	    ticks(now));
}

int
access_frequency(const struct entry *e, int64_t now)
{
	uint16_t access = entry_access(e);
	int64_t decay = settings_number(SETTING_LFU_DECAY_TIME), passed;
	int counter = access & 255;

	if (decay == 0)
		return (counter);
	passed = ((now / MINUTE_MS) - (access >> 8)) & 255;
	passed /= decay;
	return (passed < counter ? counter - (int)passed : 0);
}

/* The more there are, the less likely one more is counted. */
static int
counted(int counter)
{
	int above = counter > FIRST_COUNT ? counter - FIRST_COUNT : 0;
	uint64_t odds = (uint64_t)(above *
	    settings_number(SETTING_LFU_LOG_FACTOR)) + 1;

	return (counter < MOST && random_below(odds) == 0 ? counter + 1 :
	    counter);
}

void
access_note(struct entry *e, int64_t now)
{
	uint16_t access;

	now = time_of_use(now);
	access = access_counts() ?
	    count_at(counted(access_frequency(e, now)), now) : ticks(now);
	/* Mostly it is what is there: then nobody's cache line moves. */
	if (entry_access(e) != access)
		entry_set_access(e, access);
}

int64_t
access_idle(const struct entry *e, int64_t now)
{
	return ((uint16_t)(ticks(now) - entry_access(e)) * TICK_MS / 1000);
}

void
access_set_idle(struct entry *e, int64_t seconds, int64_t now)
{
	entry_set_access(e, ticks(now - seconds * 1000));
}

void
access_set_frequency(struct entry *e, int frequency, int64_t now)
{
	entry_set_access(e, count_at(frequency, now));
}

// SPDX-License-Identifier: GPL-2.0
/*
 * The memory that the tests map: what hidden memory there is, and what is
 * ordinary after all.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "device.h"
#include "memory.h"
#include "run.h"

bool hidden_memory(uint64_t *phys, uint64_t *size)
{
	static const char key[] = "special.phys=";
	char line[4096] = "", *p;
	bool found = false;
	FILE *f;

	f = fopen("/proc/cmdline", "r");
	if (f && fgets(line, sizeof(line), f)) {
		p = strstr(line, key);
		if (p) {
			*phys = strtoull(p + strlen(key), &p, 0);
			*size = *p == ',' ? strtoull(p + 1, NULL, 0) : 0;
			found = *size != 0;
		}
	}
	if (f)
		fclose(f);
	return found;
}

bool need_hidden(uint64_t *phys, uint64_t align)
{
	uint64_t size;

	if (!hidden_memory(phys, &size)) {
		skip("no hidden memory: special.phys= is not given");
		return false;
	}
	*phys += -*phys % align;
	return true;
}

bool mixed_is_counted(unsigned int insert, unsigned int backing)
{
	return insert == PFNMAP_TEST_FAULT_MIXED &&
	       backing < PFNMAP_TEST_PHYS && !info()->pte_special;
}

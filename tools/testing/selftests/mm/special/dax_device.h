/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SPECIAL_DAX_DEVICE_H
#define SPECIAL_DAX_DEVICE_H

#include <stddef.h>
#include <stdint.h>

/*
 * A DAX device whose pages have this size, and where its memory begins; -1 if
 * there is no persistent memory left to make one of.
 */
int dax_open(size_t align, uint64_t *phys);

#endif /* SPECIAL_DAX_DEVICE_H */

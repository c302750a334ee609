/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SPECIAL_PCI_H
#define SPECIAL_PCI_H

#include <stddef.h>
#include <stdint.h>

/*
 * A PCI memory BAR without a driver of at least @size bytes: its sysfs file,
 * opened, and its physical address; -1 if the machine has none.
 */
int pci_bar(size_t size, uint64_t *phys);

#endif /* SPECIAL_PCI_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What ci/cc-pch precompiles: the headers that kbuild puts before every source, then those that nearly every source
 * includes.
 */
#include <linux/compiler-version.h>
#include <linux/kconfig.h>
#include <linux/compiler_types.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/fs.h>
#include <linux/slab.h>
#include <linux/device.h>
#include <linux/pagemap.h>
#include <linux/interrupt.h>

// SPDX-License-Identifier: GPL-2.0
/*
 * A plugin for the SH compiler of GCC 12, without which no kernel of it runs: its pass sh_treg_combine2 throws away the
 * comparison of
 *
 *	p = *where;
 *	if (p)
 *
 * so that the branch takes what an earlier comparison left in the T bit. The pass only saves instructions, and
 * -fdisable-rtl does not know the passes of one architecture.
 */
#include "gcc-plugin.h"
#include "context.h"
#include "tree-pass.h"

int plugin_is_GPL_compatible;

static void leave_out(void *event, void *)
{
	if (current_pass && !strncmp(current_pass->name, "sh_treg_combine", 15))
		*static_cast<bool *>(event) = false;
}

int plugin_init(struct plugin_name_args *info, struct plugin_gcc_version *)
{
	register_callback(info->base_name, PLUGIN_OVERRIDE_GATE, leave_out, nullptr);
	return 0;
}

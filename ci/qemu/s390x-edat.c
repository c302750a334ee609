// SPDX-License-Identifier: GPL-2.0
/*
 * A plugin of QEMU's that gives an emulated s390x processor EDAT, without which
 * Linux makes no huge pages. The MMU that QEMU emulates has it, but no
 * processor model that QEMU offers without KVM, and -cpu max,edat=on is refused.
 * A plugin hears of a processor after its model was checked, and while its
 * properties can still be set.
 *
 * What is declared here is QEMU's, whose header Debian does not package.
 */
#include <stdbool.h>
#include <stdint.h>

typedef uint64_t qemu_plugin_id_t;
typedef void (*qemu_plugin_vcpu_cb_t)(qemu_plugin_id_t id, unsigned int index);

void qemu_plugin_register_vcpu_init_cb(qemu_plugin_id_t id,
				       qemu_plugin_vcpu_cb_t cb);
void *qemu_get_cpu(int index);
bool object_property_set_bool(void *object, const char *name, bool value,
			      void **error);
extern void *error_fatal;

int qemu_plugin_version = 1;

/* Ends QEMU with a message if it will not do. */
static void vcpu_init(qemu_plugin_id_t id, unsigned int index)
{
	(void)id;
	object_property_set_bool(qemu_get_cpu(index), "edat", true,
				 &error_fatal);
}

int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc,
			char **argv)
{
	(void)info;
	(void)argc;
	(void)argv;
	qemu_plugin_register_vcpu_init_cb(id, vcpu_init);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* A shared object that is no module at all. */
__attribute__((visibility("default"))) int unrelated(void);
int
unrelated(void)
{
	return 0;
}

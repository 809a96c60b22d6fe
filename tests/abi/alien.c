/* SPDX-License-Identifier: Apache-2.0 */
/* A shared object of another ABI: the symbol has another name. */
__attribute__((visibility("default"))) extern const int aula_module_v2;
const int aula_module_v2 = 2;

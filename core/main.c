/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "aula/code.h"

int
main(void)
{
	printf("%s\n", aula_code_sentence(AULA_OK));
	return 0;
}

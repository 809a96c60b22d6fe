/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/sdp.h"

#include <stdlib.h>

aula_sdp *
aula_sdp_new(size_t media_count)
{
	aula_sdp *sdp = calloc(1, sizeof(*sdp));
	aula_sdp_media *media = calloc(media_count ? media_count : 1, sizeof(*media));

	if (!sdp || !media)
		abort(); /* as GLib does, which the rooms above use */
	sdp->media = media;
	sdp->media_count = media_count;
	for (size_t i = 0; i < media_count; i++) {
		for (size_t k = 0; k < AULA_SDP_FORMATS_MOST; k++) {
			media[i].formats[k].rtx_for = 255;
			media[i].formats[k].rtx = 255;
		}
	}
	return sdp;
}

void
aula_sdp_free(aula_sdp *sdp)
{
	if (!sdp)
		return;
	free(sdp->media);
	free(sdp);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* One payload. The first byte says which codec, modulo their number, and its top bit is the marker.
 */
#include "fuzz.h"

#include "wire/payload.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	aula_payload payload;

	if (length == 0)
		return 0;
	aula_codec codec = (data[0] & 0x7f) % AULA_CODEC_COUNT_;
	if (!aula_payload_read(codec, data + 1, length - 1, data[0] >> 7, &payload))
		return 0;
	HOLDS(aula_codec_kind(codec) == AULA_VIDEO);
	HOLDS(payload.descriptor_length < length - 1);
	HOLDS(payload.picture_id_offset <= payload.descriptor_length);
	HOLDS(payload.tl0_picture_index_offset <= payload.descriptor_length);
	HOLDS(payload.picture_id < 1 << 15 && payload.tl0_picture_index < 256);
	HOLDS((payload.picture_id < 0) == (payload.picture_id_bits == 0));
	HOLDS(payload.temporal < 8 && payload.spatial < 8);
	HOLDS(codec == AULA_CODEC_H264 || codec == AULA_CODEC_AV1 || payload.start ||
		!payload.keyframe);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and tokens made with another implementation (python3-cryptography), expiring at 1700000100.
 * The private keys are gone. */
#ifndef TOKEN_VECTORS_H
#define TOKEN_VECTORS_H

// clang-format off
static const char vector_set[] =
	"{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"x\",\"use\":\"enc\",\"alg\":\"RS256\",\"n\":\"4TnC-3r27C4MPkoUqMZF_"
	"QyvVaBMhm3qsCIqpvPRRYoR_6-a5MX7UdynSxxDfLg7zYqMST1FH37MmfghkQ_lzoryu5707bBvVvsU5sZ-P"
	"wL3nQSgqMEcXgA2rJdlBend0bYx7gW4K0Y3EU-EZwwSiF2c3y-5cUcsjZlQhQADDXvCJ-zruDVYh83L6dj2P"
	"qQz4ZY_MR_KJ9dEl95AjZEYSdj7HsmS86NjT-NiHJcHDrU2IwKWMTSaKJ-f8Bx4FT9VHdYK7yLmrjEJuvzGU"
	"xxltI1D44bXqWfd9GYdClqRq2PBSHCqkzyyHINIVQQjy-QyEzpginotSTV4hlRzpSZgIw\",\"e\":\"AQAB\"},{"
	"\"kty\":\"RSA\",\"kid\":\"r\",\"use\":\"sig\",\"alg\":\"RS256\",\"n\":\"4TnC-3r27C4MPkoUqMZF_QyvVaBMhm3"
	"qsCIqpvPRRYoR_6-a5MX7UdynSxxDfLg7zYqMST1FH37MmfghkQ_lzoryu5707bBvVvsU5sZ-PwL3nQSgqME"
	"cXgA2rJdlBend0bYx7gW4K0Y3EU-EZwwSiF2c3y-5cUcsjZlQhQADDXvCJ-zruDVYh83L6dj2PqQz4ZY_MR_"
	"KJ9dEl95AjZEYSdj7HsmS86NjT-NiHJcHDrU2IwKWMTSaKJ-f8Bx4FT9VHdYK7yLmrjEJuvzGUxxltI1D44b"
	"XqWfd9GYdClqRq2PBSHCqkzyyHINIVQQjy-QyEzpginotSTV4hlRzpSZgIw\",\"e\":\"AQAB\"},{\"kty\":\"EC\""
	",\"kid\":\"e\",\"crv\":\"P-256\",\"x\":\"yA5U_OLQuWBUzEwRUTSvw4suxVwT9u4VND0n-RzPX68\",\"y\":\"1UnA"
	"hmKWaTokssd73Tvq86-T2DcTzN2J8zvO9GnSF1o\"},{\"kty\":\"OKP\",\"kid\":\"d\",\"crv\":\"Ed25519\",\"x\""
	":\"E6X4Jgb62O9o6RDme3tnn2RO4Qnfp-aUk5UxPx4VVZ4\"}]}";
static const char vector_other_set[] =
	"{\"keys\":[{\"kty\":\"OKP\",\"kid\":\"d\",\"crv\":\"Ed25519\",\"x\":\"E6X4Jgb62O9o6RDme3tnn2RO4Qnfp-a"
	"Uk5UxPx4VVZ4\"}]}";
static const struct {
	const char *alg, *token;
} vectors[] = {
	{ "RS256",
	"eyJhbGciOiJSUzI1NiIsImtpZCI6InIiLCJ0eXAiOiJKV1QifQ.eyJzdWIiOiJSUzI1NiIsImV4cCI6MTcwM"
	"DAwMDEwMH0.wQstC8d-9rgbi8wZwEIhzbGOQ59NRULLOw32kItuVFiS1C44Xf6zxIfmXBLsXSmAZ4SlR5Tvu"
	"d7Lxt5fezTEvMYWmWl2QoliqQ5yenJnEyJCmqVy_fobovA5xotv6sn-WO7YiiIcP0qo6hkpZVDIRoTJ0fqdw"
	"wBC0_m2Yyw2vK-ivR8VenVSSYXpwmsQM-O5CK7qQb1vg7Wtrkp9v-liTUXSfgB554sKnpQDOnqcnmAjMymcu"
	"JBbyOd6OIiyB3dFn-Lky4tx7RYDMbHIUTnC38pDkSWuMob4IDgB-Skql1oMo460sg9K2jHy9CBpG2-tY_UZs"
	"MxmlJfclYvLyVOEww" },
	{ "ES256",
	"eyJhbGciOiJFUzI1NiIsImtpZCI6ImUiLCJ0eXAiOiJKV1QifQ.eyJzdWIiOiJFUzI1NiIsImV4cCI6MTcwM"
	"DAwMDEwMH0.7jZgDxXK_xm8X88CJwBYQy6NCWlJiUxK-KLUvyqTGvN10xLFnHq7AyuQQZ1kIKXZzGts1rcEq"
	"EvNaOFycTsE0g" },
	{ "EdDSA",
	"eyJhbGciOiJFZERTQSIsImtpZCI6ImQiLCJ0eXAiOiJKV1QifQ.eyJzdWIiOiJFZERTQSIsImV4cCI6MTcwM"
	"DAwMDEwMH0.WtyQ0T92RzXgqQ8CLo9b8ovhHx-2xhvqcD8ogFXFVUlufSr1AmITN0JZbOnkM_ZNipYCOV6cy"
	"ldYy5SZfH9jDQ" },
};
// clang-format on

#endif

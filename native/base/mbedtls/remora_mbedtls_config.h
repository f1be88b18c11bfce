// What is compiled of Mbed TLS (base/mbedtls.cmake).
#pragma once

#define MBEDTLS_BASE64_C
#define MBEDTLS_MD_C
#define MBEDTLS_PKCS5_C
#define MBEDTLS_SHA256_C

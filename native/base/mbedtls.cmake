# Of Mbed TLS, from source, what checks a password: SHA-256, PBKDF2 and base64.
remora_source(mbedtls source)
set(mbedtls_sources)
foreach(part base64 constant_time hash_info md pkcs5 platform_util sha256)
    if(EXISTS ${source}/library/${part}.c)  # some came with later versions
        list(APPEND mbedtls_sources ${source}/library/${part}.c)
    endif()
endforeach()
add_library(remora_mbedtls STATIC ${mbedtls_sources})
set(config MBEDTLS_CONFIG_FILE="remora_mbedtls_config.h")
target_compile_definitions(remora_mbedtls PRIVATE ${config})
# Not of the whole room: others use its precompiled header.
set_source_files_properties(base/password_hash.cpp PROPERTIES
    COMPILE_DEFINITIONS ${config} SKIP_PRECOMPILE_HEADERS ON)
target_compile_options(remora_mbedtls PRIVATE -w -ffunction-sections -fdata-sections)
target_include_directories(remora_mbedtls SYSTEM PUBLIC ${source}/include ${CMAKE_CURRENT_LIST_DIR}/mbedtls)
set_target_properties(remora_mbedtls PROPERTIES C_VISIBILITY_PRESET hidden)

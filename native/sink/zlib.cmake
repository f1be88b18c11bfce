# zlib from source, static.
remora_source(zlib source)
file(GLOB zlib_sources ${source}/*.c)
add_library(remora_zlib STATIC ${zlib_sources})
target_compile_definitions(remora_zlib PRIVATE HAVE_UNISTD_H HAVE_STDARG_H)
target_compile_options(remora_zlib PRIVATE -w -ffunction-sections -fdata-sections)
target_include_directories(remora_zlib SYSTEM PUBLIC ${source})
set_target_properties(remora_zlib PROPERTIES C_VISIBILITY_PRESET hidden)

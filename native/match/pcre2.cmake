# PCRE2 from source: 8 bit, no Unicode, no JIT, static.
remora_source(pcre2 source)
set(source ${source}/src)
if(NOT EXISTS ${source}/pcre2.h)
    file(COPY_FILE ${source}/config.h.generic ${source}/config.h)
    file(COPY_FILE ${source}/pcre2_chartables.c.dist ${source}/pcre2_chartables.c)
    file(COPY_FILE ${source}/pcre2.h.generic ${source}/pcre2.h)
endif()
set(pcre2_sources)
foreach(part auto_possess chartables chkdint compile compile_cgroup compile_class context error extuni find_bracket
        match match_data match_next newline ord2utf pattern_info script_run string_utils study substring tables ucd valid_utf xclass)
    if(EXISTS ${source}/pcre2_${part}.c)  # some came with later versions
        list(APPEND pcre2_sources ${source}/pcre2_${part}.c)
    endif()
endforeach()
add_library(remora_pcre2 STATIC ${pcre2_sources})
target_compile_definitions(remora_pcre2 PRIVATE HAVE_CONFIG_H PCRE2_CODE_UNIT_WIDTH=8 SUPPORT_PCRE2_8
    PUBLIC PCRE2_STATIC)
target_compile_options(remora_pcre2 PRIVATE -w -ffunction-sections -fdata-sections $<$<CONFIG:RelWithDebInfo>:-Os>)
target_include_directories(remora_pcre2 SYSTEM PUBLIC ${source})
set_target_properties(remora_pcre2 PROPERTIES C_VISIBILITY_PRESET hidden)

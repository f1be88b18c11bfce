# yaml-cpp from source, static: what reads a document, and nothing that writes one or keeps it as a tree.
remora_source(yaml-cpp source)
set(yaml_sources)
foreach(part depthguard directives exceptions exp fp_to_string null parser regex_yaml scanner scanscalar scantag
        scantoken simplekey singledocparser stream tag)
    if(EXISTS ${source}/src/${part}.cpp)  # some came with later versions
        list(APPEND yaml_sources ${source}/src/${part}.cpp)
    endif()
endforeach()
add_library(remora_yaml STATIC ${yaml_sources})
target_compile_definitions(remora_yaml PRIVATE NDEBUG PUBLIC YAML_CPP_STATIC_DEFINE)
target_compile_options(remora_yaml PRIVATE -w -ffunction-sections -fdata-sections $<$<CONFIG:RelWithDebInfo>:-Os>)
target_include_directories(remora_yaml SYSTEM PUBLIC ${source}/include)

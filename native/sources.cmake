# Where the libraries of others come from: source tarballs, and headers of installed packages.
# A system's static archive is never used: it need not be position-independent, and is for one CPU
# and one C library.
enable_language(C)
if(DEFINED ENV{REMORA_DEPS})
    set(REMORA_DEPS $ENV{REMORA_DEPS})
else()
    set(REMORA_DEPS $ENV{HOME}/.cache/remora-deps)
endif()

# Unpacks the source tarball of `name` that scripts/setup fetched; `out` is set to its folder.
function(remora_source name out)
    file(GLOB tarball ${REMORA_DEPS}/${name}_*.orig.tar.*[z2])
    list(LENGTH tarball tarballs)
    if(NOT tarballs EQUAL 1)
        message(FATAL_ERROR
            "expected one ${name}_*.orig.tar.* in ${REMORA_DEPS}: run scripts/setup")
    endif()
    file(SHA256 ${tarball} found)
    file(READ ${tarball}.sha256 expected)
    string(STRIP "${expected}" expected)
    if(NOT found STREQUAL expected)
        message(FATAL_ERROR "${tarball} is damaged: delete it and run scripts/setup")
    endif()
    set(folder ${CMAKE_BINARY_DIR}/deps/${name}-${found})
    if(NOT EXISTS ${folder})
        file(ARCHIVE_EXTRACT INPUT ${tarball} DESTINATION ${folder}.part)
        file(RENAME ${folder}.part ${folder})
    endif()
    file(GLOB top ${folder}/*)
    set(${out} ${top} PARENT_SCOPE)
endfunction()

# A library `target` that is headers alone: the folders of the ones that are named, for instance
# boost/version.hpp. They are reached by links: /usr/include itself would give a cross build the
# C library of this machine.
function(remora_headers target)
    add_library(${target} INTERFACE)
    set(links ${CMAKE_BINARY_DIR}/deps/${target})
    file(MAKE_DIRECTORY ${links})
    foreach(header IN LISTS ARGN)
        cmake_path(GET header PARENT_PATH folder)
        find_path(REMORA_${folder}_ROOT ${header} REQUIRED)
        file(CREATE_LINK ${REMORA_${folder}_ROOT}/${folder} ${links}/${folder} SYMBOLIC)
    endforeach()
    target_include_directories(${target} SYSTEM INTERFACE ${links})
endfunction()

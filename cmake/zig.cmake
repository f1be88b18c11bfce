# Toolchain of the release: zig's clang, with the C++ runtime inside the product and a chosen
# C library.
#   cmake -DCMAKE_TOOLCHAIN_FILE=cmake/zig.cmake -DZIG=PROGRAM -DZIG_TARGET=aarch64-linux-gnu.2.17 ...
# scripts/release has the program and the targets.
set(ZIG "" CACHE FILEPATH "the program zig")
set(ZIG_TARGET "" CACHE STRING "CPU, system and C library")
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES ZIG ZIG_TARGET)
string(REGEX MATCH "^[^-]+" CMAKE_SYSTEM_PROCESSOR "${ZIG_TARGET}")
set(CMAKE_SYSTEM_NAME Linux)
# Linking would build a C++ library without optimisation.
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)

# CMake wants programs of one word.
foreach(command IN ITEMS cc c++ ar ranlib)
    set(program ${CMAKE_BINARY_DIR}/zig/${command})
    set(target)
    if(command MATCHES "^c")
        set(target "-target ${ZIG_TARGET} ")
    endif()
    file(CONFIGURE OUTPUT ${program} @ONLY
        CONTENT "#!/bin/sh\nexec '${ZIG}' ${command} ${target}\"$@\"\n")
    file(CHMOD ${program} PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
endforeach()
set(CMAKE_C_COMPILER ${CMAKE_BINARY_DIR}/zig/cc)
set(CMAKE_CXX_COMPILER ${CMAKE_BINARY_DIR}/zig/c++)
set(CMAKE_AR ${CMAKE_BINARY_DIR}/zig/ar)
set(CMAKE_RANLIB ${CMAKE_BINARY_DIR}/zig/ranlib)
# Those of GNU know one CPU; zig's have no --only-keep-debug.
find_program(CMAKE_OBJCOPY NAMES llvm-objcopy llvm-objcopy-14 REQUIRED)
find_program(CMAKE_STRIP NAMES llvm-strip llvm-strip-14 REQUIRED)
find_program(PATCHELF patchelf REQUIRED)

# No path of this machine gets into the product: neither by __FILE__ nor in what debuggers read.
# -O2: the first thing that CMake links has zig build its C++ library, which the product takes.
cmake_path(GET ZIG PARENT_PATH zig_folder)
foreach(language IN ITEMS C CXX)
    set(CMAKE_${language}_FLAGS_INIT "-O2 -g")
    foreach(path IN ITEMS ${CMAKE_SOURCE_DIR}=. ${CMAKE_BINARY_DIR}=build ${zig_folder}=zig)
        string(APPEND CMAKE_${language}_FLAGS_INIT " -ffile-prefix-map=${path}")
    endforeach()
endforeach()

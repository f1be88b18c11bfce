# ncurses, for `remora top` alone: the machine's for a build of this machine, and from source, static, for a release.
# There it asks the terminfo of the machine that it runs on; what it knows itself are the fallbacks.
if(NOT ZIG_TARGET)
    add_library(remora_ncurses INTERFACE)
    find_path(NCURSES_HEADERS curses.h REQUIRED)
    find_library(NCURSES_LIBRARY ncursesw REQUIRED)
    find_library(TINFO_LIBRARY tinfo REQUIRED)
    target_link_libraries(remora_ncurses INTERFACE ${NCURSES_LIBRARY} ${TINFO_LIBRARY})
    return()
endif()
remora_source(ncurses source)
set(folder ${CMAKE_BINARY_DIR}/deps/ncurses)
set(archive ${folder}/lib/libncursesw.a)
file(MAKE_DIRECTORY ${folder} ${folder}/include)
find_program(HOST_CC NAMES cc gcc clang-14 REQUIRED)
set(fallbacks linux,vt100,vt220,xterm,xterm-256color,screen,screen-256color,tmux,tmux-256color,rxvt)
add_custom_command(OUTPUT ${archive} WORKING_DIRECTORY ${folder} VERBATIM
    COMMAND ${CMAKE_COMMAND} -E env CC=${CMAKE_C_COMPILER} AR=${CMAKE_AR} RANLIB=${CMAKE_RANLIB}
        "CFLAGS=-Os -g0 -ffunction-sections -fdata-sections" CPPFLAGS=-DNDEBUG
        ${source}/configure --quiet --build=${CMAKE_HOST_SYSTEM_PROCESSOR}-linux-gnu --host=${ZIG_TARGET}
        --with-build-cc=${HOST_CC} --enable-widec --with-fallbacks=${fallbacks}
        --with-default-terminfo-dir=/usr/share/terminfo
        --with-terminfo-dirs=/etc/terminfo:/lib/terminfo:/usr/share/terminfo:/usr/lib/terminfo
        --disable-db-install --disable-stripping --without-ada --without-cxx --without-cxx-binding --without-debug
        --without-dlsym --without-gpm --without-manpages --without-progs --without-tests --without-pkg-config
    COMMAND make -s -C include
    COMMAND make -s -C ncurses libs
    COMMENT "making ncurses (${ZIG_TARGET})")
add_custom_target(ncurses_made DEPENDS ${archive})
add_library(remora_ncurses STATIC IMPORTED)
set_target_properties(remora_ncurses PROPERTIES IMPORTED_LOCATION ${archive}
    INTERFACE_INCLUDE_DIRECTORIES ${folder}/include)
add_dependencies(remora_ncurses ncurses_made)

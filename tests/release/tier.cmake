# What scripts/release makes: `ctest -L release`.
add_test(NAME release.checks
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/checks_test.py ${CMAKE_CXX_COMPILER})
set_tests_properties(release.checks PROPERTIES LABELS release TIMEOUT 120
    ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")

# Two releases from clean clones, the first of which stays in build/dist, and what it is like on
# other hosts: an hour.
foreach(name made hosts)
    add_test(NAME release.${name}
        COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/${name}_test.py)
    set_tests_properties(release.${name} PROPERTIES LABELS "full;release" TIMEOUT 7200
        RUN_SERIAL TRUE ENVIRONMENT "REMORA_BUILD=${CMAKE_BINARY_DIR};PYTHONDONTWRITEBYTECODE=1")
endforeach()
set_tests_properties(release.made PROPERTIES FIXTURES_SETUP release)
set_tests_properties(release.hosts PROPERTIES FIXTURES_REQUIRED release)

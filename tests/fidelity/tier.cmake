# The replay belongs to the command line's room, which is no library: its test builds the sources it needs.
if(TARGET remora_sample AND TARGET remora_plan)
    add_executable(test_fidelity fidelity/fidelity_test.cpp fidelity/tick_truth_test.cpp
                   ${PROJECT_SOURCE_DIR}/native/cli/bound.cpp ${PROJECT_SOURCE_DIR}/native/cli/fidelity.cpp)
    target_link_libraries(test_fidelity PRIVATE remora_test_support remora_cache remora_sample remora_plan)
    gtest_discover_tests(test_fidelity TEST_PREFIX fidelity. PROPERTIES LABELS unit TIMEOUT 300)
endif()

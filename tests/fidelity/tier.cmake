if(REMORA_SANITIZE STREQUAL "thread")
    return()  # one thread
endif()
add_executable(test_fidelity fidelity/fidelity_test.cpp fidelity/tick_truth_test.cpp)
target_link_libraries(test_fidelity PRIVATE remora_test_support remora_replay remora_cache)
gtest_discover_tests(test_fidelity TEST_PREFIX fidelity. PROPERTIES LABELS unit TIMEOUT 300)
list(APPEND for_sanitizers test_fidelity)

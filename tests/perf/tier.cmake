# The judge and the report of the performance lab, on made-up samples.
add_test(NAME perf.performance_report COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/perflab_test.py)
set_tests_properties(perf.performance_report PROPERTIES LABELS perf TIMEOUT 300)

# The same with brokers, planted faults and a browser: an hour.
add_test(NAME perf.performance_lab COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/perflab_full_test.py)
set_tests_properties(perf.performance_lab PROPERTIES LABELS "full;perf" TIMEOUT 7200 RUN_SERIAL TRUE
    SKIP_RETURN_CODE 77 ENVIRONMENT "REMORA_BUILD=${CMAKE_BINARY_DIR}")

# Every benchmark in a tiny form: that it runs and finds its figures, not what they are.
if(TARGET bench_engine)
    add_executable(large_outputs ${CMAKE_CURRENT_LIST_DIR}/large_outputs.cpp)
    target_include_directories(large_outputs PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
    target_link_libraries(large_outputs PRIVATE remora_engine)

    # Ten seconds, so that no tick is skipped on a busy machine: that is a finding of the bench.
    add_test(NAME perf.outputs COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/scripts/bench
        --build ${CMAKE_BINARY_DIR} outputs --series 2000 --ticks 1 --interval 10)
    set_tests_properties(perf.outputs PROPERTIES LABELS perf TIMEOUT 300)
    add_test(NAME perf.core COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/scripts/bench
        --build ${CMAKE_BINARY_DIR} core --repetitions 1 --min-time 0.01)
    set_tests_properties(perf.core PROPERTIES LABELS perf TIMEOUT 300)
    if(REMORA_JAVA AND TARGET remora_jar)
        add_test(NAME perf.read COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/scripts/bench
            --build ${CMAKE_BINARY_DIR} read --topics 2 --partitions 2 --seconds 10 --warm-up 5 --phases cold)
        add_test(NAME perf.agent COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/scripts/bench
            --build ${CMAKE_BINARY_DIR} agent --topics 2 --partitions 2 --seconds 15 --warm-up 25)
        add_test(NAME perf.truth_judge COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/scripts/bench
            --build ${CMAKE_BINARY_DIR} truth --self-test)
        add_test(NAME perf.ages COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/scripts/bench
            --build ${CMAKE_BINARY_DIR} ages --partitions 20 --base-s 1 --seconds 10)
        # What `remora plan` predicts, held against a broker and a plain JVM: six minutes.
        add_test(NAME perf.plan COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/scripts/bench
            --build ${CMAKE_BINARY_DIR} plan --sizes 1000 --seconds 60 --warm-up 60)
        set_tests_properties(perf.plan PROPERTIES LABELS "full;perf" TIMEOUT 3600 RUN_SERIAL TRUE)
        set_tests_properties(perf.truth_judge perf.ages PROPERTIES LABELS perf TIMEOUT 300)
        set_tests_properties(perf.read perf.agent PROPERTIES LABELS perf TIMEOUT 900 RUN_SERIAL TRUE)
    endif()
endif()

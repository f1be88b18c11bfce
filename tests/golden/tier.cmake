# What a broker's beans become, judged by the formats' own parsers: `ctest -L golden`. A parser that is not installed makes
# its test skip, visibly.
if(TARGET remora_name AND TARGET remora_encode)
    add_executable(beans_to_lines ${CMAKE_CURRENT_LIST_DIR}/beans_to_lines.cpp)
    target_link_libraries(beans_to_lines PRIVATE remora_test_support remora_name remora_encode)

    find_package(Python3 COMPONENTS Interpreter)
    if(Python3_FOUND)
        foreach(check names promtool node_exporter openmetrics ndjson otlp influx graphite statsd dogstatsd)
            add_test(NAME golden.${check}
                COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/golden_test.py ${check})
            set_tests_properties(golden.${check} PROPERTIES LABELS golden TIMEOUT 120
                SKIP_RETURN_CODE 77
                ENVIRONMENT "BEANS_TO_LINES=$<TARGET_FILE:beans_to_lines>;PYTHONDONTWRITEBYTECODE=1")
        endforeach()
        find_program(PROMTOOL promtool)
        if(PROMTOOL)
            add_test(NAME golden.alerts
                COMMAND ${PROMTOOL} test rules ${PROJECT_SOURCE_DIR}/alerts/remora_test.yml
                    ${PROJECT_SOURCE_DIR}/alerts/kafka_test.yml)
            set_tests_properties(golden.alerts PROPERTIES LABELS golden TIMEOUT 60)
        endif()
        foreach(script check check_rules dialects plan tool examples)
            add_test(NAME golden.${script}
                COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/${script}_test.py)
            set_tests_properties(golden.${script} PROPERTIES LABELS golden TIMEOUT 120
                ENVIRONMENT "REMORA_TOOL=$<TARGET_FILE:remora>;PYTHONDONTWRITEBYTECODE=1")
        endforeach()
    endif()
endif()

# Dashboards and alert rules: as files, and with real brokers, node_exporter and Prometheus.
foreach(what files datadog)
    add_test(NAME dashboards.${what} COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/${what}_test.py)
    set_tests_properties(dashboards.${what} PROPERTIES LABELS docs TIMEOUT 120 ENVIRONMENT
        "REMORA_TOOL=$<TARGET_FILE:remora>;BEANS_TO_LINES=$<TARGET_FILE:beans_to_lines>;PYTHONDONTWRITEBYTECODE=1")
endforeach()

# Three brokers: every panel has data, every fault has its alerts and no other. Forty minutes.
foreach(what panels faults)
    add_test(NAME dashboards.${what} COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/${what}_test.py)
    set_tests_properties(dashboards.${what} PROPERTIES LABELS full TIMEOUT 5400 RUN_SERIAL TRUE SKIP_RETURN_CODE 77
        ENVIRONMENT "REMORA_BUILD=${CMAKE_BINARY_DIR};PYTHONDONTWRITEBYTECODE=1")
endforeach()

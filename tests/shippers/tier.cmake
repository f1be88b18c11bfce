# The files of examples/ as they are: the agent in a JVM, the shipper beside it. A shipper that is not installed makes its
# test skip, visibly.
if(REMORA_JAVA AND TARGET remora_jar)
    # VictoriaMetrics shows a value after five seconds. The others are installed by tests/sinks/fetch_consumers --shippers,
    # which builds for minutes.
    set(long victoriametrics telegraf otel_collector datadog_openmetrics)
    foreach(shipper prometheus dogstatsd rsyslog ${long})
        add_test(NAME shippers.${shipper} COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/shippers_test.py
            ${Java_JAVA_EXECUTABLE} ${CMAKE_BINARY_DIR}/tests/agent/classes ${shipper})
        set_tests_properties(shippers.${shipper} PROPERTIES LABELS sinks TIMEOUT 300 SKIP_RETURN_CODE 77
            ENVIRONMENT "REMORA_BUILD=${CMAKE_BINARY_DIR};PYTHONDONTWRITEBYTECODE=1")
        if(shipper IN_LIST long)
            set_tests_properties(shippers.${shipper} PROPERTIES LABELS full)
        endif()
    endforeach()
endif()

# The sinks against real consumers: `ctest -L sinks`. A consumer that is not installed makes its test skip, visibly.
if(TARGET remora_sink AND TARGET remora_encode)
    add_executable(sink_driver ${CMAKE_CURRENT_LIST_DIR}/sink_driver.cpp
        ${CMAKE_CURRENT_LIST_DIR}/driver_lines.cpp)
    target_include_directories(sink_driver PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
    target_link_libraries(sink_driver PRIVATE remora_sink remora_encode)

    find_package(Python3 COMPONENTS Interpreter)
    function(remora_sink_test name script)
        add_test(NAME sinks.${name}
            COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/sinks/${script}_test.py ${ARGN})
        set_tests_properties(sinks.${name} PROPERTIES LABELS sinks TIMEOUT 300 SKIP_RETURN_CODE 77
            ENVIRONMENT "SINK_DRIVER=$<TARGET_FILE:sink_driver>;PYTHONDONTWRITEBYTECODE=1")
    endfunction()
    if(Python3_FOUND)
        remora_sink_test(node_exporter node_exporter)
        remora_sink_test(rsyslog_rotation rotation rsyslog)
        remora_sink_test(pygtail_rotation rotation pygtail)
        foreach(kind udp udp6 unixgram restart)
            remora_sink_test(statsd_exporter_${kind} statsd_exporter ${kind})
        endforeach()
        remora_sink_test(statsd statsd)
        remora_sink_test(influxdb influxdb)
        remora_sink_test(carbon carbon)
        remora_sink_test(otlp otlp)
    endif()
endif()

# Tier "agent": the shim in JVMs of its own.
find_package(Python3 QUIET COMPONENTS Interpreter)
if(Python3_FOUND)
    add_test(NAME wire.generated_constants_match
        COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/scripts/gen_wire.py --check)
    set_tests_properties(wire.generated_constants_match PROPERTIES LABELS unit TIMEOUT 60)
endif()

if(REMORA_JAVA AND TARGET remora_jar)
    get_property(shim_classes GLOBAL PROPERTY REMORA_SHIM_CLASSES)
    set(agent_classes ${CMAKE_BINARY_DIR}/tests/agent/classes)
    file(GLOB agent_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/java/*.java)
    set(yammer_source ${CMAKE_CURRENT_LIST_DIR}/java/YammerTests.java)
    list(REMOVE_ITEM agent_sources ${yammer_source})  # needs the real library: compiled when it is run
    add_custom_command(
        OUTPUT ${agent_classes}.stamp
        COMMAND ${CMAKE_COMMAND} -E rm -rf ${agent_classes}
        COMMAND ${CMAKE_COMMAND} -E make_directory ${agent_classes}
        COMMAND ${Java_JAVAC_EXECUTABLE} --release 8 -encoding UTF-8 -Xlint:all,-options -Werror
            -cp ${shim_classes} -d ${agent_classes} ${agent_sources}
        COMMAND ${CMAKE_COMMAND} -E touch ${agent_classes}.stamp
        DEPENDS ${agent_sources} remora_jar
        COMMENT "Compiling the agent tests"
        VERBATIM)
    add_custom_target(agent_tests_java ALL DEPENDS ${agent_classes}.stamp)
    set_property(GLOBAL PROPERTY REMORA_AGENT_TEST_CLASSES ${agent_classes})

    # Class, then its group. The test is called after the group.
    foreach(test "TestRunner runner" "ShimTests tables" "ShimTests catalog" "ShimTests chaos" "RegistrarTests hangs"
                 "RegistrarTests offers" "ProcessTests process" "ProcessTests deadlocks" "LifeTests life"
                 "LifeTests lines")
        separate_arguments(test)
        list(POP_FRONT test tests group)
        add_test(NAME agent.java_${group}
            COMMAND ${Java_JAVA_EXECUTABLE} -Xmx256m -cp ${agent_classes}:${shim_classes} remora.shim.${tests} ${group})
        set_tests_properties(agent.java_${group} PROPERTIES LABELS agent TIMEOUT 180)
    endforeach()
    if(Python3_FOUND)
        add_test(NAME agent.life
            COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/life_test.py ${Java_JAVA_EXECUTABLE} ${agent_classes})
        set_tests_properties(agent.life PROPERTIES LABELS agent TIMEOUT 600
            ENVIRONMENT "REMORA_BUILD=${CMAKE_BINARY_DIR};PYTHONDONTWRITEBYTECODE=1")
        add_test(NAME agent.attach
            COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/attach_test.py ${Java_JAVA_EXECUTABLE} ${agent_classes})
        set_tests_properties(agent.attach PROPERTIES LABELS agent TIMEOUT 600
            ENVIRONMENT "REMORA_BUILD=${CMAKE_BINARY_DIR};PYTHONDONTWRITEBYTECODE=1")
        # Alerts wait for a minute and a half before they fire.
        add_test(NAME agent.alerts
            COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/alert_test.py ${Java_JAVA_EXECUTABLE} ${agent_classes})
        set_tests_properties(agent.alerts PROPERTIES LABELS full TIMEOUT 600 SKIP_RETURN_CODE 77
            ENVIRONMENT "REMORA_BUILD=${CMAKE_BINARY_DIR};PYTHONDONTWRITEBYTECODE=1")
    endif()
    add_test(NAME agent.java_yammer
        COMMAND ${CMAKE_CURRENT_LIST_DIR}/yammer.sh ${CMAKE_SOURCE_DIR}/scripts/lab ${yammer_source}
            ${agent_classes}:${shim_classes} ${CMAKE_BINARY_DIR}/tests/agent/yammer
            ${Java_JAVAC_EXECUTABLE} ${Java_JAVA_EXECUTABLE})
    set_tests_properties(agent.java_yammer PROPERTIES LABELS agent TIMEOUT 600 SKIP_RETURN_CODE 77)
endif()

# Tier "chaos": the real agent beside MBeans that misbehave, and a real broker whose topics come and go.
if(REMORA_JAVA AND TARGET remora_jar)
    get_property(agent_classes GLOBAL PROPERTY REMORA_AGENT_TEST_CLASSES)
    set(chaos_classes ${CMAKE_BINARY_DIR}/tests/chaos/classes)
    file(GLOB chaos_source CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/java/*.java)
    set(chaos_agent ${CMAKE_BINARY_DIR}/tests/chaos/chaos-agent.jar)
    set(chaos_manifest ${CMAKE_BINARY_DIR}/tests/chaos/manifest)
    file(WRITE ${chaos_manifest} "Premain-Class: remora.shim.ChaosAgent\n")
    add_custom_command(
        OUTPUT ${chaos_classes}.stamp
        COMMAND ${CMAKE_COMMAND} -E make_directory ${chaos_classes}
        COMMAND ${Java_JAVAC_EXECUTABLE} --release 8 -encoding UTF-8 -Xlint:all,-options -Werror
            -cp ${agent_classes} -d ${chaos_classes} ${chaos_source}
        COMMAND ${Java_JAR_EXECUTABLE} cfm ${chaos_agent} ${chaos_manifest} -C ${agent_classes} . -C ${chaos_classes} .
        COMMAND ${CMAKE_COMMAND} -E touch ${chaos_classes}.stamp
        DEPENDS ${chaos_source} agent_tests_java
        COMMENT "Compiling the chaos tests"
        VERBATIM)
    # The wall clock, the disk and stderr of a broker, as a test wants them.
    add_library(chaos_preload MODULE ${CMAKE_CURRENT_LIST_DIR}/preload.cpp)
    set_target_properties(chaos_preload PROPERTIES CXX_VISIBILITY_PRESET default)
    target_link_libraries(chaos_preload PRIVATE ${CMAKE_DL_LIBS})

    add_custom_target(chaos_tests_java ALL DEPENDS ${chaos_classes}.stamp)

    set(chaos_command ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/chaos_test.py ${Java_JAVA_EXECUTABLE}
        ${chaos_classes}:${agent_classes})
    add_test(NAME chaos.beans COMMAND ${chaos_command})
    set_tests_properties(chaos.beans PROPERTIES LABELS chaos TIMEOUT 600 RUN_SERIAL TRUE
        ENVIRONMENT "REMORA_BUILD=${CMAKE_BINARY_DIR}")
    add_test(NAME chaos.beans_for_ten_minutes COMMAND ${chaos_command}
        ChaosTest.test_1_good_beans_are_on_time_whatever_the_bad_ones_do)
    set_tests_properties(chaos.beans_for_ten_minutes PROPERTIES LABELS full TIMEOUT 900 RUN_SERIAL TRUE
        ENVIRONMENT "REMORA_BUILD=${CMAKE_BINARY_DIR};REMORA_CHAOS_SECONDS=600")
    add_test(NAME chaos.life COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/life_test.py)
    set_tests_properties(chaos.life PROPERTIES LABELS chaos TIMEOUT 1800 RUN_SERIAL TRUE
        ENVIRONMENT "REMORA_BUILD=${CMAKE_BINARY_DIR}")
    add_test(NAME chaos.life_of_an_hour COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/life_test.py)
    set_tests_properties(chaos.life_of_an_hour PROPERTIES LABELS full TIMEOUT 5400 RUN_SERIAL TRUE
        ENVIRONMENT "REMORA_BUILD=${CMAKE_BINARY_DIR};REMORA_CHAOS_MINUTES=60")
    # Eleven minutes: of ten, a series is not said to be unchanged.
    add_test(NAME chaos.optimizer COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/optimizer_test.py FoundTest)
    set_tests_properties(chaos.optimizer PROPERTIES LABELS full TIMEOUT 3600 RUN_SERIAL TRUE
        ENVIRONMENT "REMORA_BUILD=${CMAKE_BINARY_DIR}")
    # Three hours at most: each of five changes is tried for twenty minutes.
    add_test(NAME chaos.optimizer_applies COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/optimizer_test.py
        KeptTest)
    set_tests_properties(chaos.optimizer_applies PROPERTIES LABELS full TIMEOUT 12000 RUN_SERIAL TRUE
        ENVIRONMENT "REMORA_BUILD=${CMAKE_BINARY_DIR}")
    # An hour and a quarter at most: eight brokers at the same time, with one or two changes each.
    add_test(NAME chaos.optimizer_applies_alone COMMAND ${Python3_EXECUTABLE}
        ${CMAKE_CURRENT_LIST_DIR}/optimizer_test.py AloneTest)
    set_tests_properties(chaos.optimizer_applies_alone PROPERTIES LABELS full TIMEOUT 5400 RUN_SERIAL TRUE
        ENVIRONMENT "REMORA_BUILD=${CMAKE_BINARY_DIR}")
    add_test(NAME chaos.topics COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/topics_test.py)
    set_tests_properties(chaos.topics PROPERTIES LABELS chaos TIMEOUT 900 RUN_SERIAL TRUE
        ENVIRONMENT "REMORA_BUILD=${CMAKE_BINARY_DIR}")
endif()

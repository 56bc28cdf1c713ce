"""Sentence templates of generated articles, in the two languages of the archive.

The placeholders `{who}`, `{ship}` and `{mission}` take names from the embedded archive, the others
values from the lists here. No sentence contains characters that are special in Markdown or HTML.
"""

from dataclasses import dataclass

SOURCES = (
    ("Roscosmos", 24),
    ("NASA", 20),
    ("Station Journal", 14),
    ("Baikonur Herald", 10),
    ("ESA", 8),
    ("JAXA", 6),
    ("Orbital Weekly", 6),
    ("TsNIIMash", 4),
    ("Spaceflight Digest", 4),
    ("Новости космонавтики", 4),
)
"""Name and relative frequency of each source: a few publish most articles."""

TAGS = tuple(
    "crew science cargo launch landing docking undocking spacewalk robotics medicine biology "
    "materials combustion plasma earth-observation education outreach training maintenance "
    "life-support power thermal communications navigation software debris weather records "
    "anniversary history photography radio-amateur cooperation visiting-crew module airlock "
    "solar-arrays canadarm era nauka zarya zvezda rassvet poisk pirs destiny columbus kibo "
    "cupola progress soyuz dragon cygnus htv atv shuttle starliner tourism film".split()
)


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split(","))


@dataclass(frozen=True)
class Vocabulary:
    """Templates of one language by their place in an article, and values by placeholder."""

    code: str
    titles: tuple[str, ...]
    leads: tuple[str, ...]
    sentences: tuple[str, ...]
    lists: tuple[str, ...]
    placeholders: dict[str, tuple[str, ...]]


ENGLISH = Vocabulary(
    "en",
    titles=(
        "{who} completes {work} in the {module}",
        "{ship} delivers {goods} to the station",
        "Crew of {mission} begins {study}",
        "{study}: first results from {mission}",
        "{who} speaks with {audience} from orbit",
        "Spacewalk: {who} installs {device} outside the {module}",
        "{ship} is ready for {phase}",
        "Flight controllers adjust {device} before {phase}",
        "{mission} sets out a week of {study}",
        "How {device} works aboard the {module}",
    ),
    leads=(
        "{who} spent the day with {work}, while the rest of the crew prepared {phase}.",
        "{ship} brought {goods}, which the crew of {mission} will need for {study}.",
        "The {study} experiment in the {module} has entered its next stage, mission control said.",
        "Specialists on the ground checked {device} and confirmed that {phase} can go ahead.",
        "During a session with {audience} {who} told how {study} is done in weightlessness.",
    ),
    sentences=(
        "The work in the {module} took about {number} hours and went according to the plan.",
        "{device} had been switched off since the last inspection and was brought back in steps.",
        "Mission control in Korolyov confirmed that all systems of the station work normally.",
        "The crew also carried out {work} and unpacked {goods}.",
        "Data of the experiment on {study} were sent to the ground in the evening.",
        "Samples will come home with the next ship and go to laboratories in {number} countries.",
        "The orbit of the station was raised by {number} kilometres before {phase}.",
        "Doctors examined the crew and found everybody in good health.",
        "Before {phase} the crew trained what to do if {device} should fail.",
        "The cargo weighs more than two tonnes, with fuel, water, air and food among it.",
        "Such measurements have been made aboard since the first long expeditions.",
        "Cameras on the outside of the {module} showed every step of {work}.",
        "The next stage of {study} is planned for the coming month.",
        "Engineers expect {device} to serve for at least {number} more years.",
        "In the evening the crew talked with {audience} by radio.",
        "The commander thanked the teams on the ground for their patience.",
    ),
    lists=(
        "## The plan of the week\n\n- **Monday**: {work}\n- **Wednesday**: {study}\n"
        "- **Friday**: talk with {audience}",
        "1. Inspection of the {module}\n2. Replacement of {device}\n3. Test before {phase}",
        "More in the [description of the experiment](https://example.org/experiments/{number}).",
        "> We have waited for {study} for years, the head of the experiment said.",
    ),
    placeholders={
        "module": _split(
            "Zvezda module,Zarya module,Nauka module,Rassvet module,Poisk airlock,"
            "Prichal node,Destiny laboratory,Columbus laboratory,Kibo laboratory,"
            "Harmony node,Unity node,Tranquility node,Quest airlock,Cupola"
        ),
        "work": _split(
            "the replacement of a pump,an inventory of the cargo,"
            "the cleaning of the ventilation,a check of the smoke detectors,"
            "the repair of a treadmill,a survey of the windows,the assembly of a new rack,"
            "the transfer of water,an inspection of the hatch seals,"
            "maintenance of the toilet,the upgrade of the laptops,"
            "the calibration of sensors"
        ),
        "study": _split(
            "plasma crystals,protein crystals,bone density,plant growth,"
            "combustion in weightlessness,cosmic radiation,the ionosphere,ocean currents,"
            "forest fires,heart rhythm,muscle loss,metal alloys,microbes on surfaces,"
            "capillary flow,sleep and biorhythms,glacier melt,lightning,magnetic fields"
        ),
        "device": _split(
            "the oxygen generator,the carbon dioxide scrubber,the main antenna,"
            "a solar array,the robotic arm,the water processor,a gyroscope,"
            "the docking camera,a battery unit,the spectrometer,a thruster,the furnace,"
            "the centrifuge,a star tracker"
        ),
        "goods": _split(
            "fuel and water,fresh fruit,spare parts,scientific equipment,spacesuits,"
            "new batteries,food for half a year,parcels from home,growth chambers,"
            "film and lenses"
        ),
        "phase": _split(
            "docking,undocking,launch,landing,relocation to another port,a reboost,"
            "a spacewalk,the change of crews,the arrival of a cargo ship"
        ),
        "audience": _split(
            "schoolchildren,students in Samara,radio amateurs,journalists,teachers,"
            "families of the crew,a museum in Kaluga,listeners in Tokyo,young engineers"
        ),
        "number": tuple(str(n) for n in range(2, 20)),
    },
)

RUSSIAN = Vocabulary(
    "ru",
    titles=(
        "{who}: завершена {work}",
        "{ship} доставил на станцию {goods}",
        "Экипаж {mission} начал эксперимент «{study}»",
        "Эксперимент «{study}»: первые итоги {mission}",
        "{who} — на связи с орбиты: встреча с аудиторией «{audience}»",
        "Выход в космос: {who} и {device}",
        "{ship} готов: впереди {phase}",
        "ЦУП проверил {device}, следующий этап — {phase}",
        "Неделя на орбите: {mission} и {study}",
        "Как устроен прибор: {device} в модуле «{module}»",
    ),
    leads=(
        "На станции завершена {work}, в это время экипаж готовился к этапу «{phase}».",
        "{ship} привёз {goods}: всё это понадобится экипажу {mission} для работы «{study}».",
        "Эксперимент «{study}» в модуле «{module}» перешёл к следующему этапу, сообщили в ЦУПе.",
        "Специалисты на Земле проверили {device} и подтвердили: {phase} состоится по плану.",
        "На встрече «{audience}» {who} рассказал, как на орбите изучают {study}.",
    ),
    sentences=(
        "Работы в модуле «{module}» заняли около {number} часов и прошли по плану.",
        "{device} не включали со времени последней проверки, поэтому запускали постепенно.",
        "Центр управления полётами в Королёве подтвердил, что все системы станции исправны.",
        "Кроме того, была выполнена {work}, распакованы {goods}.",
        "Данные эксперимента «{study}» вечером передали на Землю.",
        "Образцы вернутся со следующим кораблём и попадут в лаборатории {number} стран.",
        "Высоту орбиты перед этапом «{phase}» увеличили на {number} километров.",
        "Врачи осмотрели экипаж: все здоровы и чувствуют себя хорошо.",
        "Перед этапом «{phase}» экипаж отработал действия на случай, если откажет {device}.",
        "Груз весит более двух тонн: топливо, вода, воздух и продукты.",
        "Такие измерения проводятся на борту со времён первых длительных экспедиций.",
        "Камеры снаружи модуля «{module}» показали, как идёт {work}.",
        "Следующий этап работы «{study}» намечен на будущий месяц.",
        "Инженеры рассчитывают, что {device} прослужит ещё не менее {number} лет.",
        "Вечером экипаж по радио побеседовал: на связи были {audience}.",
        "Командир поблагодарил наземные службы за терпение.",
    ),
    lists=(
        "## План недели\n\n- **Понедельник**: {work}\n- **Среда**: {study}\n"
        "- **Пятница**: на связи {audience}",
        "1. Осмотр модуля «{module}»\n2. Замена: {device}\n3. Проверка: {phase}",
        "Подробнее — в [описании эксперимента](https://example.org/experiments/{number}).",
        "> Мы ждали этого годами, сказал постановщик эксперимента «{study}».",
    ),
    placeholders={
        "module": _split(
            "Звезда,Заря,Наука,Рассвет,Поиск,Причал,Дестини,Коламбус,Кибо,Гармония,Юнити,"
            "Транквилити,Квест,Купол"
        ),
        "work": _split(
            "замена насоса,инвентаризация грузов,чистка вентиляции,проверка датчиков дыма,"
            "починка беговой дорожки,съёмка иллюминаторов,сборка новой стойки,"
            "перекачка воды,проверка уплотнений люка,профилактика санузла,замена ноутбуков,"
            "настройка датчиков"
        ),
        "study": _split(
            "Плазменный кристалл,Кристаллизация белков,Плотность костей,Рост растений,"
            "Горение в невесомости,Космическая радиация,Ионосфера,Течения океана,"
            "Лесные пожары,Ритм сердца,Потеря мышц,Сплавы металлов,Микробы на поверхностях,"
            "Капилляры,Сон и биоритмы,Таяние ледников,Молнии,Магнитное поле"
        ),
        "device": _split(
            "генератор кислорода,поглотитель углекислого газа,главная антенна,"
            "солнечная батарея,манипулятор,установка очистки воды,гироскоп,"
            "стыковочная камера,аккумулятор,спектрометр,двигатель ориентации,печь,"
            "центрифуга,звёздный датчик"
        ),
        "goods": _split(
            "топливо и вода,свежие фрукты,запасные части,научное оборудование,скафандры,"
            "новые аккумуляторы,продукты на полгода,посылки из дома,оранжереи,"
            "плёнка и объективы"
        ),
        "phase": _split(
            "стыковка,расстыковка,запуск,посадка,перестыковка,коррекция орбиты,"
            "выход в космос,смена экипажей,прибытие грузового корабля"
        ),
        "audience": _split(
            "школьники,студенты Самары,радиолюбители,журналисты,учителя,родные экипажа,"
            "музей в Калуге,слушатели Токио,молодые инженеры"
        ),
        "number": tuple(str(n) for n in range(2, 20)),
    },
)
